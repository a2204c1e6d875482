// RoPE and SwiGLU, whose threads have nothing to tell each other.
#include "tests/kernels/cuda/arrays.hpp"

namespace evergreen::test {
namespace {

namespace cuda = kernels::cuda;

void expect_turned(const Case& c, int64_t tokens, int64_t heads, int64_t half, int64_t x_stride) {
  const int64_t width = heads * 2 * half;
  Array x(c.element, random_floats((tokens - 1) * x_stride + width, 1), c.shift);
  Array cosines(c.element, random_floats(tokens * half, 2), c.shift),
      sines(c.element, random_floats(tokens * half, 3), c.shift);
  Array y(c.element, tokens * width, c.shift);
  cuda::Rope rope{x.data(), cosines.data(), sines.data(), y.data(), x_stride, width, tokens, heads, half, 1};
  ASSERT_EQ(cuda::launch_rope(c.element, rope, nullptr), 0);
  std::vector<double> forward, backward;
  const auto turned = [&](const Array& from, int64_t stride, double sign, std::vector<double>& out) {
    for (int64_t i = 0; i < tokens * width; ++i) {
      const int64_t token = i / width, e = i % (2 * half), pair = e % half, at = token * stride + i % width;
      const double cosine = cosines[token * half + pair], sine = sign * sines[token * half + pair];
      out.push_back(e < half ? from[at] * cosine - from[at + half] * sine
                             : from[at] * cosine + from[at - half] * sine);
    }
  };
  turned(x, x_stride, 1, forward);
  expect_close(y, forward, c.element, "turned");
  turned(y, width, -1, backward);
  rope.x_NHE = y.data(), rope.x_stride = width, rope.sign = -1;  // in place
  ASSERT_EQ(cuda::launch_rope(c.element, rope, nullptr), 0);
  expect_close(y, backward, c.element, "turned back in place");
}

TEST(CudaRopeOnHost, EqualsFloat64ForwardAndBackInPlace) {
  for_cases([](const Case& c) {
    expect_turned(c, 3, 2, 3, 12);
    expect_turned(c, 2, 5, 64, 5 * 128 + 256);  // queries within rows of queries, keys and values
    expect_turned(c, 1, 33, 32, 33 * 64);
  });
}

void expect_swiglu(const Case& c, int64_t rows, int64_t inner) {
  Array gate_up(c.element, random_floats(rows * 2 * inner, 1, 3.0), c.shift);
  Array grad(c.element, random_floats(rows * inner, 2), c.shift), y(c.element, rows * inner, c.shift);
  std::vector<double> active, grad_gate_up(static_cast<size_t>(gate_up.size()));
  for (int64_t i = 0; i < rows * inner; ++i) {
    const int64_t at = i / inner * 2 * inner + i % inner;
    const double gate = gate_up[at], up = gate_up[at + inner], s = 1 / (1 + std::exp(-gate));
    active.push_back(gate * s * up);
    grad_gate_up[static_cast<size_t>(at)] = grad[i] * up * (s + gate * s * (1 - s));
    grad_gate_up[static_cast<size_t>(at + inner)] = grad[i] * gate * s;
  }
  ASSERT_EQ(cuda::launch_swiglu(c.element, {gate_up.data(), y.data(), rows, inner}, nullptr), 0);
  expect_close(y, active, c.element, "activation");
  ASSERT_EQ(cuda::launch_swiglu_backward(c.element, {grad.data(), gate_up.data(), rows, inner}, nullptr), 0);
  expect_close(gate_up, grad_gate_up, c.element, "gradients");
  for (int64_t i = 0; i < y.size(); ++i) ASSERT_EQ(grad[i], y[i]) << "the activation again";
}

TEST(CudaSwigluOnHost, EqualsFloat64WithGradientsInPlace) {
  for_cases([](const Case& c) {
    expect_swiglu(c, 2, 1);
    expect_swiglu(c, 3, 37);
    expect_swiglu(c, 2, 2048);
    expect_swiglu(c, 1, 2056);
  });
}

TEST(CudaSwigluOnHost, LargeGatesDoNotOverflow) {
  Array gate_up(Element::f32, {-200.0F, 200.0F, 1.0F, 1.0F}), y(Element::f32, 2);
  ASSERT_EQ(cuda::launch_swiglu(Element::f32, {gate_up.data(), y.data(), 1, 2}, nullptr), 0);
  EXPECT_EQ(y[0], 0.0);
  EXPECT_EQ(y[1], 200.0);
}

}  // namespace
}  // namespace evergreen::test
