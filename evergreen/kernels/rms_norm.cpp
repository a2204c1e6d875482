#include "evergreen/kernels/rms_norm.hpp"

#include <ATen/ATen.h>

namespace evergreen::kernels {

at::Tensor rms_norm_reference(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps) {
  const at::ScalarType type = x_ND.scalar_type();
  const at::Tensor x = x_ND.to(c10::promoteTypes(type, at::kFloat));
  const at::Tensor scale = (x.square().mean(-1, true) + eps).rsqrt();
  return weight_D * (x * scale).to(type);
}

at::Tensor rms_norm(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps) {
  return rms_norm_reference(x_ND, weight_D, eps);
}

}  // namespace evergreen::kernels
