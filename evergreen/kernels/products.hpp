// The three matrix products of a linear layer y = x W^T, as tensors.
//
// On a CPU, in float32, by cpu/matrix_product.hpp: 1.7 to 2.6 times as fast as LibTorch's BLAS on a processor of AMD with AVX-512
// for the layers of small models, as fast or up to 1.2 times with AVX2 (docs/benchmarks.md). Elsewhere LibTorch's.
//
// Not differentiable: for the inside of operations with a backward pass of their own. Rows of an operand may lie apart (a part of
// a wider tensor).
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

// x W^T + bias + base, where given.
at::Tensor linear_product(const at::Tensor& x_NI, const at::Tensor& weight_OI,
                          const std::optional<at::Tensor>& bias_O = {},
                          const std::optional<at::Tensor>& base_NO = {});

// grad_y W: the gradient of x; into `out_NI` where it is given.
at::Tensor input_product(const at::Tensor& grad_NO, const at::Tensor& weight_OI, at::Tensor out_NI = {});

// grad_y^T x: the gradient of W; added to `sum_OI` where it is given, which is returned.
at::Tensor weight_product(const at::Tensor& grad_NO, const at::Tensor& x_NI, at::Tensor sum_OI = {});

}  // namespace evergreen::kernels
