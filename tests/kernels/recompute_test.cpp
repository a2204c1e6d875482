#include "evergreen/kernels/recompute.hpp"

#include "evergreen/kernels/mlp_block.hpp"
#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

TEST(Recompute, GivesTheSameBitsAndRunsTheBlockTwice) {
  Tensors plain = {random_tensor({13, 8}, 1), random_tensor({8}, 2) + 1, random_tensor({20, 8}, 3),
                   random_tensor({20, 8}, 4), random_tensor({8, 20}, 5)};
  Tensors again;
  for (at::Tensor& x : plain) again.push_back(x.clone().requires_grad_()), x.requires_grad_();
  int runs = 0;
  const auto block = [&](const Tensors& in, const at::Tensor& x) {
    ++runs;
    return kernels::mlp_block(x, in[1], 1e-5, {in[2]}, {in[3]}, {in[4]});
  };
  const at::Tensor expected = block(plain, plain[0] * 2);
  expected.square().sum().backward();
  runs = 0;
  const at::Tensor got =
      kernels::recomputed([&](const at::Tensor& x) { return block(again, x); }, again[0] * 2);
  EXPECT_EQ(runs, 1);
  got.square().sum().backward();
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(at::equal(got, expected));
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(at::equal(again[i].grad(), plain[i].grad())) << i;
}

TEST(Recompute, TheBackwardPassTakesTheGradientsOfTheSecondBlockAndNotItsValues) {
  Tensors plain = {random_tensor({13, 8}, 1), random_tensor({8}, 2) + 1, random_tensor({20, 8}, 3),
                   random_tensor({20, 8}, 4), random_tensor({8, 20}, 5)};
  Tensors again;
  for (at::Tensor& x : plain) again.push_back(x.clone().requires_grad_()), x.requires_grad_();
  const auto block = [](const Tensors& in, kernels::MlpPass pass) -> kernels::Block {
    return [&in, pass](const at::Tensor& x) {
      return kernels::mlp_block(x, in[1], 1e-5, {in[2]}, {in[3]}, {in[4]}, pass);
    };
  };
  const at::Tensor expected = block(plain, kernels::MlpPass::keep)(plain[0] * 2);
  expected.square().sum().backward();
  const at::Tensor got = kernels::recomputed(block(again, kernels::MlpPass::keep),
                                             block(again, kernels::MlpPass::gradients_only), again[0] * 2);
  got.square().sum().backward();
  EXPECT_TRUE(at::equal(got, expected));
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(at::equal(again[i].grad(), plain[i].grad())) << i;
}

TEST(Recompute, WithoutGradientsTheBlockIsJustCalled) {
  int runs = 0;
  const auto twice = [&](const at::Tensor& x) { return ++runs, x * 2; };
  EXPECT_TRUE(at::equal(kernels::recomputed(twice, at::ones({3})), at::full({3}, 2.0F)));
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace evergreen::test
