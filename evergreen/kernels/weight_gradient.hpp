// Gradients of weights straight into where they are gathered.
//
// In the second and later micro-batches of a step a weight has a gradient already. The matrix product then adds to it in place
// (beta = 1), where autograd would make another tensor of the weight's size and add that.
#pragma once

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

// For y = x W^T: the gradient grad_NO^T x_NI of weight_OI, for a backward function to return. Undefined where it
// has been added to weight_OI.grad(), or where the weight needs none.
at::Tensor weight_gradient(const at::Tensor& weight_OI, const at::Tensor& grad_NO, const at::Tensor& x_NI);

// The sum over tokens for a bias; undefined where there is none, or it needs no gradient.
at::Tensor bias_gradient(const at::Tensor& bias_O, const at::Tensor& grad_NO);

}  // namespace evergreen::kernels
