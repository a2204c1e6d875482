// A linear map of a checkpoint: y = x W^T + b.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

struct Linear {
  at::Tensor weight_OI;
  std::optional<at::Tensor> bias_O = {};
};

// base_NO + x_NI W^T + b in one pass: a projection that ends in the residual stream.
at::Tensor residual_linear(const at::Tensor& base_NO, const at::Tensor& x_NI, const Linear& linear);
at::Tensor residual_linear_reference(const at::Tensor& base_NO, const at::Tensor& x_NI, const Linear& linear);

}  // namespace evergreen::kernels
