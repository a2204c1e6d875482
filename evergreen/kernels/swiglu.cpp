#include "evergreen/kernels/swiglu.hpp"

#include <ATen/ATen.h>

namespace evergreen::kernels {

at::Tensor swiglu_reference(const at::Tensor& gate_NI, const at::Tensor& up_NI) {
  return at::silu(gate_NI) * up_NI;
}

}  // namespace evergreen::kernels
