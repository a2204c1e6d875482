// RMSNorm over tensors by the row kernels, shared by the operations that begin with a norm. Float32 on the CPU.
#pragma once

#include "evergreen/kernels/cpu/parallel_rows.hpp"

namespace evergreen::kernels::cpu {

struct Normed {
  at::Tensor y_ND, inverse_rms_N;
};
Normed normed(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps);
at::Tensor normed_again(const at::Tensor& x_ND, const at::Tensor& weight_D, const at::Tensor& inverse_rms_N);

struct NormGradient {
  at::Tensor x_ND, weight_D;
};
// `through_ND` (may be undefined) is added to the gradient of x: what reaches x past the norm.
NormGradient normed_backward(const at::Tensor& grad_ND, const at::Tensor& x_ND, const at::Tensor& weight_D,
                             const at::Tensor& inverse_rms_N, const at::Tensor& through_ND);

}  // namespace evergreen::kernels::cpu
