#include "tests/kernels/cuda/arrays.hpp"

namespace evergreen::test {
namespace {

namespace cuda = kernels::cuda;
constexpr float kEps = 1e-5F;

struct NormInputs {
  Array x, weight, grad, through;
  NormInputs(const Case& c, int64_t rows, int64_t width)
      : x(c.element, random_floats(rows * width, 1), c.shift),
        weight(c.element, random_floats(width, 2), c.shift),
        grad(c.element, random_floats(rows * width, 3), c.shift),
        through(c.element, random_floats(rows * width, 4), c.shift) {}
};

// In float64.
struct NormExpected {
  std::vector<double> y, s, grad_x, grad_weight;
  NormExpected(const NormInputs& in, int64_t rows, int64_t width, bool through) {
    const auto wide = static_cast<double>(width);
    grad_weight.assign(static_cast<size_t>(width), 0.0);
    for (int64_t r = 0; r < rows; ++r) {
      double squares = 0, products = 0;
      for (int64_t i = r * width; i < (r + 1) * width; ++i) {
        squares += in.x[i] * in.x[i];
        products += in.x[i] * in.grad[i] * in.weight[i - r * width];
      }
      s.push_back(1 / std::sqrt(squares / wide + static_cast<double>(kEps)));
      for (int64_t c = 0; c < width; ++c) {
        const int64_t i = r * width + c;
        y.push_back(in.weight[c] * in.x[i] * s.back());
        const double grad =
            in.grad[i] * in.weight[c] * s.back() - in.x[i] * products * s.back() * s.back() * s.back() / wide;
        grad_x.push_back(grad + (through ? in.through[i] : 0.0));
        grad_weight[static_cast<size_t>(c)] += in.grad[i] * in.x[i] * s.back();
      }
    }
  }
};

void expect_norm(const Case& c, int64_t rows, int64_t width, bool through) {
  NormInputs in(c, rows, width);
  const NormExpected expected(in, rows, width, through);
  Array y(c.element, rows * width, c.shift), again(c.element, rows * width, c.shift), s(Element::f32, rows);
  cuda::RmsNormForward forward{
      in.x.data(), in.weight.data(), y.data(), static_cast<float*>(s.data()), rows, width, kEps, false};
  ASSERT_EQ(cuda::launch_rms_norm(c.element, forward, nullptr), 0);
  forward.y_ND = again.data(), forward.again = true;
  ASSERT_EQ(cuda::launch_rms_norm(c.element, forward, nullptr), 0);
  expect_close(y, expected.y, c.element, "y");
  expect_close(s, expected.s, Element::f32, "inverse rms");
  for (int64_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], again[i]);

  const int64_t parts = cuda::rms_norm_parts(rows);
  Array grad_x(c.element, rows * width, c.shift), sums(Element::f32, parts * width);
  const cuda::RmsNormBackward backward{in.grad.data(),
                                       in.x.data(),
                                       in.weight.data(),
                                       static_cast<float*>(s.data()),
                                       through ? in.through.data() : nullptr,
                                       grad_x.data(),
                                       static_cast<float*>(sums.data()),
                                       rows,
                                       width};
  ASSERT_EQ(cuda::launch_rms_norm_backward(c.element, backward, nullptr), 0);
  expect_close(grad_x, expected.grad_x, c.element, "gradient of x");
  std::vector<float> total(static_cast<size_t>(width), 0.0F);
  for (int64_t i = 0; i < sums.size(); ++i)
    total[static_cast<size_t>(i % width)] += static_cast<float>(sums[i]);
  expect_close(Array(Element::f32, total), expected.grad_weight, Element::f32, "gradient of the weight");
}

TEST(CudaRmsNormOnHost, EqualsFloat64WithAllGradients) {
  for_cases([](const Case& c) {
    expect_norm(c, 3, 3, false);
    expect_norm(c, 2, 33, true);
    expect_norm(c, 3, 512, true);
    expect_norm(c, 2, 5000, false);
  });
}

TEST(CudaRmsNormOnHost, MoreRowsThanPartsAreTakenInTurn) {
  ASSERT_EQ(cuda::rms_norm_parts(1000), 256);
  expect_norm({Element::f32, 0}, 259, 4, true);
}

TEST(CudaRmsNormOnHost, WhatDoesNotFitInSharedMemoryIsRefused) {
  cuda::RmsNormBackward backward = {};
  backward.rows = 1, backward.width = cuda::kLargestNormWidth + 1;
  EXPECT_NE(cuda::launch_rms_norm_backward(Element::f32, backward, nullptr), 0);
}

}  // namespace
}  // namespace evergreen::test
