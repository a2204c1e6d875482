// RMSNorm and the three projections of attention that read it.
//
// Memory    the normed hidden states are not kept for the backward pass: they are made again from x and its root mean squares.
// Numbers   as rms_norm() and linear one after the other.
#pragma once

#include <array>

#include "evergreen/kernels/linear.hpp"

namespace evergreen::kernels {

// x_ND -> queries, keys, values, [N, O] each.
std::array<at::Tensor, 3> norm_qkv(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                                   const Linear& q, const Linear& k, const Linear& v);
std::array<at::Tensor, 3> norm_qkv_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                                             const Linear& q, const Linear& k, const Linear& v);

}  // namespace evergreen::kernels
