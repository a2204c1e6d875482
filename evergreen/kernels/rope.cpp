#include "evergreen/kernels/rope.hpp"

#include <ATen/ATen.h>

namespace evergreen::kernels {

at::Tensor rope_reference(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF) {
  const int64_t half = x_NHE.size(-1) / 2;
  const at::Tensor low = x_NHE.narrow(-1, 0, half), high = x_NHE.narrow(-1, half, half);
  const at::Tensor c = cos_NF.unsqueeze(1), s = sin_NF.unsqueeze(1);
  return at::cat({low * c - high * s, high * c + low * s}, -1);
}

at::Tensor rope(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF) {
  return rope_reference(x_NHE, cos_NF, sin_NF);
}

}  // namespace evergreen::kernels
