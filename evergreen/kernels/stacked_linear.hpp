// Several linear maps of the same input as one: their weights one below the other, their outputs side by side.
//
// One matrix product in place of two or three reads the input once, and in the backward pass makes its gradient in one piece.
#pragma once

#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

// [sum of O, I]: a view where the weights lie one behind the other in memory, as Parameters lays them, else a copy.
at::Tensor stacked_rows(at::TensorList weights_OI);

// Whether a gradient of an earlier product lies in the weight already: the next may be added to it in place.
bool has_gradient(const at::Tensor& weight);

// Gradients of the weights for y = x W^T, W stacked: parts of one matrix product. A weight that has a gradient already gets it added
// in place (as the second and later micro-batches of a step do) and its place in the result is undefined, for autograd
// to leave alone. So is that of a weight that needs no gradient.
std::vector<at::Tensor> stacked_gradients(at::TensorList weights_OI, const at::Tensor& grad_NO,
                                          const at::Tensor& x_NI);

// The same for one weight.
at::Tensor weight_gradient(const at::Tensor& weight_OI, const at::Tensor& grad_NO, const at::Tensor& x_NI);

// The sum over tokens for a bias; undefined where it is undefined or needs no gradient.
at::Tensor bias_gradient(const at::Tensor& bias_O, const at::Tensor& grad_NO);

}  // namespace evergreen::kernels
