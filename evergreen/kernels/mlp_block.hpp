// The second half of a decoder layer: x + down(swiglu(gate(n), up(n))), n = rms_norm(x).
//
// All three have a bias, or none.
//
// Memory    kept for the backward pass: x, its root mean squares, gate and up. The normed hidden states and the activation are
//           made again, and the gradients of gate and up take their places.
// Numbers   as the operations one after the other.
#pragma once

#include "evergreen/kernels/linear.hpp"

namespace evergreen::kernels {

at::Tensor mlp_block(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& gate,
                     const Linear& up, const Linear& down);
at::Tensor mlp_block_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                               const Linear& gate, const Linear& up, const Linear& down);

}  // namespace evergreen::kernels
