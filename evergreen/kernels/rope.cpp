#include "evergreen/kernels/rope.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/gpu.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// On a GPU. The gradient turns back by the same angles.
struct TurnedHeads : torch::autograd::Function<TurnedHeads> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& cosines,
                            const at::Tensor& sines) {
    context->save_for_backward({cosines, sines});
    return gpu_operations()->rope(x, cosines, sines, 1);
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    return {gpu_operations()->rope(upstream[0].contiguous(), saved[0], saved[1], -1), {}, {}};
  }
};

// The heads of a token lie together; tokens may be parts of longer rows.
bool has_heads(const at::Tensor& x_NHE) { return x_NHE.stride(2) == 1 && x_NHE.stride(1) == x_NHE.size(2); }

}  // namespace

at::Tensor rope_reference(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF) {
  const int64_t half = x_NHE.size(-1) / 2;
  const at::Tensor low = x_NHE.narrow(-1, 0, half), high = x_NHE.narrow(-1, half, half);
  const at::Tensor c = cos_NF.unsqueeze(1), s = sin_NF.unsqueeze(1);
  return at::cat({low * c - high * s, high * c + low * s}, -1);
}

at::Tensor rope(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF) {
  const bool fused = on_gpu({cos_NF, sin_NF}) && x_NHE.device() == cos_NF.device() &&
                     x_NHE.scalar_type() == cos_NF.scalar_type() && has_heads(x_NHE);
  return fused ? TurnedHeads::apply(x_NHE, cos_NF, sin_NF) : rope_reference(x_NHE, cos_NF, sin_NF);
}

}  // namespace evergreen::kernels
