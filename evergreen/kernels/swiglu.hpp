// The gated activation of the MLP: silu(gate) * up, silu(x) = x / (1 + exp(-x)).
//
// Source    Shazeer, arXiv 2002.05202.
#pragma once

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

at::Tensor swiglu_reference(const at::Tensor& gate_NI, const at::Tensor& up_NI);

}  // namespace evergreen::kernels
