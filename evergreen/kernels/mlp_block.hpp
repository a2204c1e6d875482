// The second half of a decoder layer: x + down(swiglu(gate(n), up(n))), n = rms_norm(x).
//
// All three have a bias, or none.
//
// Memory    kept for the backward pass: x, its root mean squares, gate and up, or x alone (MlpPass). The normed hidden states and the
//           activation are made again, and the gradients of gate and up take their places.
// Numbers   as the operations one after the other. MlpPass changes no bit.
#pragma once

#include "evergreen/kernels/linear.hpp"

namespace evergreen::kernels {

enum class MlpPass {
  keep,  // gate and up are kept
  make_again,  // x alone is kept, and the backward pass makes gate and up again; where the reference runs, all of the block
  gradients_only,  // nothing is computed but in the backward pass, and the result has no defined values: for a block that is run
  // again for its gradients (recompute.hpp). The reference is as with `keep`
};

at::Tensor mlp_block(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& gate,
                     const Linear& up, const Linear& down, MlpPass pass = MlpPass::keep);
at::Tensor mlp_block_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                               const Linear& gate, const Linear& up, const Linear& down);

}  // namespace evergreen::kernels
