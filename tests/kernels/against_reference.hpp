// A fused operation in float32 beside its reference in float64: values and the gradient of every input, on every instruction set
// of this machine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace evergreen::test {

using Tensors = std::vector<at::Tensor>;
using Operation = std::function<Tensors(const Tensors&)>;

inline at::Tensor random_tensor(at::IntArrayRef shape, uint64_t seed, double scale = 1.0) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat) * scale;
}

inline double relative_error(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  const double norm = wide.norm().item<double>();
  return (a.to(at::kDouble) - wide).norm().item<double>() / (norm > 0 ? norm : 1.0);
}

struct ValuesAndGradients {
  Tensors values, gradients;
};

inline ValuesAndGradients run_with_gradients(const Operation& operation, const Tensors& inputs,
                                             at::ScalarType type) {
  Tensors leaves;
  for (const at::Tensor& input : inputs) leaves.push_back(input.detach().to(type).clone().requires_grad_());
  ValuesAndGradients result{operation(leaves), {}};
  at::Tensor sum = at::zeros({}, type);
  uint64_t seed = 1000;
  for (const at::Tensor& value : result.values)
    sum = sum + (value * random_tensor(value.sizes(), ++seed).to(type)).sum();
  sum.backward();
  for (const at::Tensor& leaf : leaves) result.gradients.push_back(leaf.grad());
  return result;
}

inline void expect_like_reference(const Operation& fused, const Operation& reference, const Tensors& inputs,
                                  double tolerance = 3e-6) {
  const ValuesAndGradients expected = run_with_gradients(reference, inputs, at::kDouble);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    const ValuesAndGradients got = run_with_gradients(fused, inputs, at::kFloat);
    for (size_t i = 0; i < expected.values.size(); ++i) {
      EXPECT_LE(relative_error(got.values[i], expected.values[i]), tolerance)
          << hwy::TargetName(target) << ", value " << i;
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
      ASSERT_EQ(got.gradients[i].defined(), expected.gradients[i].defined()) << "input " << i;
      if (!expected.gradients[i].defined()) continue;
      EXPECT_LE(relative_error(got.gradients[i], expected.gradients[i]), tolerance)
          << hwy::TargetName(target) << ", gradient of input " << i;
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace evergreen::test
