#include "evergreen/kernels/rms_norm.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/gpu.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            double eps) {
    const cpu::Normed normed = kernels::normed(x, weight, eps);
    context->save_for_backward({x, weight, normed.inverse_rms_N});
    return normed.y_ND;
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const cpu::NormGradient grad = normed_backward(upstream[0], saved[0], saved[1], saved[2], {});
    return {grad.x_ND, grad.weight_D, {}};
  }
};

}  // namespace

at::Tensor rms_norm_reference(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps) {
  const at::ScalarType type = x_ND.scalar_type();
  const at::Tensor x = x_ND.to(c10::promoteTypes(type, at::kFloat));
  const at::Tensor scale = (x.square().mean(-1, true) + eps).rsqrt();
  return weight_D * (x * scale).to(type);
}

at::Tensor rms_norm(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps) {
  if (!has_rows(x_ND, weight_D)) return rms_norm_reference(x_ND, weight_D, eps);
  return RmsNorm::apply(x_ND, weight_D, eps);
}

}  // namespace evergreen::kernels
