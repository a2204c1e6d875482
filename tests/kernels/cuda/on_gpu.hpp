// Fused operations on a GPU beside their references in float64 on the CPU: values and the gradient of every input.
#pragma once

#include <string>

#include "evergreen/base/error.hpp"
#include "evergreen/kernels/gpu.hpp"
#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {

// Skips, saying why, where there is no GPU or a library for it is missing.
class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    try {
      kernels::load_gpu();
    } catch (const Error& error) {
      GTEST_SKIP() << "no GPU: " << error.what();
    }
  }
};

inline Tensors moved(const Tensors& tensors, at::Device device, at::ScalarType type) {
  Tensors out;
  for (const at::Tensor& t : tensors) out.push_back(t.detach().to(device, type));
  return out;
}

struct Precision {
  at::ScalarType type;
  double tolerance;
};
// In bfloat16 every value is rounded once (2^-9 of it), intermediate ones several times.
inline constexpr Precision kPrecisions[] = {{at::kFloat, 1e-5}, {at::kBFloat16, 2e-2}};

// `inputs` are rounded to the type first, for both.
inline void expect_on_gpu(const Operation& fused, const Operation& reference, const Tensors& inputs) {
  const at::Device gpu(at::kCUDA, 0);
  for (const Precision& precision : kPrecisions) {
    const Tensors rounded = moved(inputs, at::kCPU, precision.type);
    Tensors leaves, exact;
    for (const at::Tensor& t : moved(rounded, gpu, precision.type)) leaves.push_back(t.requires_grad_());
    for (const at::Tensor& t : moved(rounded, at::kCPU, at::kDouble)) exact.push_back(t.requires_grad_());
    ASSERT_TRUE(kernels::on_gpu({leaves[0]}));
    const at::Tensor got = fused(leaves)[0], expected = reference(exact)[0];
    const at::Tensor upstream = random_tensor(expected.sizes(), 1000).to(precision.type);
    got.backward(upstream.to(gpu));
    expected.backward(upstream.to(at::kDouble));
    EXPECT_LE(relative_error(got.cpu(), expected), precision.tolerance) << precision.type;
    for (size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_EQ(leaves[i].grad().defined(), exact[i].grad().defined()) << "input " << i;
      if (!exact[i].grad().defined()) continue;
      EXPECT_LE(relative_error(leaves[i].grad().cpu(), exact[i].grad()), precision.tolerance)
          << precision.type << ", gradient of input " << i;
    }
  }
}

}  // namespace evergreen::test
