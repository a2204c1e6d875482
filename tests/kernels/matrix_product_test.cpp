#include "evergreen/kernels/cpu/matrix_product.hpp"

#include <ATen/Parallel.h>

#include "evergreen/kernels/products.hpp"
#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

void for_targets(const std::function<void(const char*)>& test) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    test(hwy::TargetName(target));
  }
  hwy::SetSupportedTargetsForTest(0);
}

// A part of a wider tensor, so that rows lie apart.
at::Tensor view(int64_t rows, int64_t columns, uint64_t seed) {
  return random_tensor({rows, columns + 5}, seed).narrow(1, 3, columns);
}

TEST(MatrixProduct, AllThreeProductsOfALayerEqualThoseInDoublePrecision) {
  for_targets([](const char* target) {
    for (const auto& [tokens, inputs, outputs] : {std::tuple<int64_t, int64_t, int64_t>{1, 1, 1},
                                                  {3, 5, 2},
                                                  {8, 16, 48},
                                                  {130, 33, 17},
                                                  {13, 401, 65},
                                                  {150, 130, 200},
                                                  {900, 20, 7}}) {
      const at::Tensor x = view(tokens, inputs, 1), w = view(outputs, inputs, 2),
                       grad = view(tokens, outputs, 3), bias = random_tensor({outputs}, 4),
                       base = view(tokens, outputs, 5), sum = view(outputs, inputs, 6);
      const auto wide = [](const at::Tensor& t) { return t.to(at::kDouble); };
      const std::string where = std::string(target) + " " + std::to_string(tokens) + " tokens";
      const at::Tensor y = at::linear(wide(x), wide(w));
      EXPECT_LE(relative_error(kernels::linear_product(x, w), y), 1e-6) << where;
      EXPECT_LE(relative_error(kernels::linear_product(x, w, bias, base), y + wide(bias) + wide(base)), 1e-6)
          << where;
      EXPECT_LE(relative_error(kernels::input_product(grad, w), at::mm(wide(grad), wide(w))), 1e-6) << where;
      const at::Tensor of_weight = at::mm(wide(grad).t(), wide(x));
      EXPECT_LE(relative_error(kernels::weight_product(grad, x), of_weight), 1e-6) << where;
      const at::Tensor before = wide(sum);
      kernels::weight_product(grad, x, sum);
      EXPECT_LE(relative_error(sum, before + of_weight), 1e-6) << where;
    }
  });
}

TEST(MatrixProduct, WritesNothingBesideItsOutput) {
  for_targets([](const char* target) {
    at::Tensor all = at::full({21, 60}, 7.0F);
    const at::Tensor out = all.narrow(0, 1, 19).narrow(1, 2, 50), grad = view(19, 11, 1), w = view(11, 50, 2);
    const at::Tensor expected = all.clone();
    expected.narrow(0, 1, 19).narrow(1, 2, 50).copy_(kernels::input_product(grad, w));
    kernels::input_product(grad, w, out);
    EXPECT_TRUE(at::equal(all, expected)) << target;
  });
}

TEST(MatrixProduct, NeitherThreadsNorTheRowsBesideItChangeTheBitsOfARow) {
  const int before = at::get_num_threads();
  for_targets([](const char* target) {
    const at::Tensor x = view(300, 800, 1), w = view(530, 800, 2), grad = view(300, 530, 3);
    at::set_num_threads(1);
    const at::Tensor y = kernels::linear_product(x, w), of_weight = kernels::weight_product(grad, x);
    for (const int threads : {2, 3, 4}) {
      at::set_num_threads(threads);
      EXPECT_TRUE(at::equal(kernels::linear_product(x, w), y)) << target << " " << threads;
      EXPECT_TRUE(at::equal(kernels::weight_product(grad, x), of_weight)) << target << " " << threads;
    }
    for (const int64_t rows : {1, 7, 64, 299}) {
      const int64_t first = 300 - rows;
      EXPECT_TRUE(at::equal(kernels::linear_product(x.narrow(0, first, rows), w), y.narrow(0, first, rows)))
          << target << " " << rows;
    }
  });
  at::set_num_threads(before);
}

TEST(MatrixProduct, WithoutTermsItIsTheBaseAndWithoutRowsNothing) {
  const at::Tensor x = at::empty({3, 0}), w = at::empty({2, 0}), base = random_tensor({3, 2}, 1);
  EXPECT_TRUE(at::equal(kernels::linear_product(x, w), at::zeros({3, 2})));
  EXPECT_TRUE(at::equal(kernels::linear_product(x, w, {}, base), base));
  EXPECT_EQ(kernels::linear_product(at::empty({0, 4}), random_tensor({2, 4}, 2)).numel(), 0);
  EXPECT_TRUE(at::equal(kernels::weight_product(at::empty({0, 4}), at::empty({0, 6})), at::zeros({4, 6})));
}

TEST(MatrixProduct, OtherDtypesTakeTheLibrary) {
  const at::Tensor x = view(9, 8, 1).to(at::kBFloat16), w = view(6, 8, 2).to(at::kBFloat16);
  EXPECT_TRUE(at::equal(kernels::linear_product(x, w), at::linear(x, w)));
  EXPECT_TRUE(at::equal(kernels::weight_product(x, x), at::mm(x.t(), x)));
}

}  // namespace
}  // namespace evergreen::test
