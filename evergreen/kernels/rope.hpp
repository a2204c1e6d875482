// Rotary position embedding in half-split form: elements e and e + E/2 of a head turn by the angle of frequency e.
//
// Source    Su et al., arXiv 2104.09864; transformers' rotate_half.
// Shapes    x_NHE, cos_NF and sin_NF with F = E/2, in the dtype of x.
#pragma once

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

at::Tensor rope(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF);
at::Tensor rope_reference(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF);

}  // namespace evergreen::kernels
