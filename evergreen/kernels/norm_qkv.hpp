// RMSNorm and the three projections of attention that read it.
//
// Memory    the normed hidden states are not kept for the backward pass: they are made again from x and its root mean squares.
// Numbers   as rms_norm() and linear one after the other.
#pragma once

#include "evergreen/kernels/linear.hpp"

namespace evergreen::kernels {

// x_ND -> queries, keys and values side by side, [N, Oq + Ok + Ov]. All three have a bias, or none.
at::Tensor norm_qkv(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& q,
                    const Linear& k, const Linear& v);
at::Tensor norm_qkv_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& q,
                              const Linear& k, const Linear& v);

}  // namespace evergreen::kernels
