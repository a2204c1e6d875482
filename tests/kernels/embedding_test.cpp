#include "evergreen/kernels/embedding.hpp"

#include <ATen/Parallel.h>

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

const at::Tensor kTokens = at::tensor({3, 0, 3, 6, 3}, at::kLong);

TEST(Embedding, EqualsThatOfLibTorchWithTheGradientOfARepeatedToken) {
  for (const int64_t width : {1, 5, 64}) {
    expect_like_reference([](const Tensors& in) { return Tensors{kernels::embedding(in[0], kTokens)}; },
                          [](const Tensors& in) { return Tensors{at::embedding(in[0], kTokens)}; },
                          {random_tensor({7, width}, 1)});
  }
}

TEST(Embedding, ASecondPassAddsToTheGradientInPlace) {
  const at::Tensor weight = random_tensor({7, 4}, 1).requires_grad_(), factor = random_tensor({5, 4}, 2);
  (kernels::embedding(weight, kTokens) * factor).sum().backward();
  const at::Tensor once = weight.grad().clone();
  const void* place = weight.grad().data_ptr();
  (kernels::embedding(weight, kTokens) * factor).sum().backward();
  EXPECT_EQ(weight.grad().data_ptr(), place);
  EXPECT_LE(relative_error(weight.grad(), 2 * once), 1e-6);
}

TEST(Embedding, ThreadsDoNotChangeTheBitsOfTheGradient) {
  const int before = at::get_num_threads();
  const at::Tensor tokens = at::arange(5000, at::kLong).remainder(11), grad = random_tensor({5000, 100}, 3);
  const auto gradient = [&](int threads) {
    at::set_num_threads(threads);
    const at::Tensor weight = at::zeros({11, 100}).requires_grad_();
    kernels::embedding(weight, tokens).backward(grad);
    return weight.grad();
  };
  const at::Tensor one = gradient(1);
  EXPECT_TRUE(at::equal(gradient(3), one));
  at::set_num_threads(before);
}

TEST(Embedding, OtherDtypesTakeLibTorchs) {
  const at::Tensor weight = random_tensor({7, 4}, 1).to(at::kBFloat16).requires_grad_();
  kernels::embedding(weight, kTokens).sum().backward();
  EXPECT_TRUE(at::equal(weight.grad()[3], at::full({4}, 3, at::kBFloat16)));
}

}  // namespace
}  // namespace evergreen::test
