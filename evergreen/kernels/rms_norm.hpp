// Root mean square norm: y = weight * x / sqrt(mean(x^2) + eps), over the last axis.
//
// Source    Zhang and Sennrich, arXiv 1910.07467; transformers' LlamaRMSNorm: computed in float32 at least, rounded to the
//           dtype of x before the product with the weight.
#pragma once

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

at::Tensor rms_norm(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps);
at::Tensor rms_norm_reference(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps);

}  // namespace evergreen::kernels
