#include "evergreen/kernels/weight_gradient.hpp"

#include <ATen/ATen.h>

namespace evergreen::kernels {

at::Tensor weight_gradient(const at::Tensor& weight_OI, const at::Tensor& grad_NO, const at::Tensor& x_NI) {
  if (!weight_OI.requires_grad()) return {};
  if (!weight_OI.is_leaf() || !weight_OI.grad().defined()) return at::mm(grad_NO.t(), x_NI);
  weight_OI.mutable_grad().addmm_(grad_NO.t(), x_NI);
  return {};
}

at::Tensor bias_gradient(const at::Tensor& bias_O, const at::Tensor& grad_NO) {
  return bias_O.defined() && bias_O.requires_grad() ? grad_NO.sum(0) : at::Tensor();
}

}  // namespace evergreen::kernels
