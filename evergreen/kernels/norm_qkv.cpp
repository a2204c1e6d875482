#include "evergreen/kernels/norm_qkv.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/cpu/normed.hpp"
#include "evergreen/kernels/rms_norm.hpp"
#include "evergreen/kernels/weight_gradient.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Bias = std::optional<at::Tensor>;

struct NormQkv : torch::autograd::Function<NormQkv> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& norm, double eps,
                               const at::Tensor& wq, const at::Tensor& wk, const at::Tensor& wv,
                               const Bias& bq, const Bias& bk, const Bias& bv) {
    const cpu::Normed normed = cpu::normed(x, norm, eps);
    context->save_for_backward({x, norm, normed.inverse_rms_N, wq, wk, wv, bq.value_or(at::Tensor()),
                                bk.value_or(at::Tensor()), bv.value_or(at::Tensor())});
    return {at::linear(normed.y_ND, wq, bq), at::linear(normed.y_ND, wk, bk),
            at::linear(normed.y_ND, wv, bv)};
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &norm = saved[1], &inverse_rms = saved[2];
    const at::Tensor y = cpu::normed_again(x, norm, inverse_rms);
    at::Tensor grad_y;
    variable_list grads(9);
    for (size_t i = 0; i < 3; ++i) {
      const at::Tensor &grad = upstream[i], &weight = saved[3 + i];
      if (!grad.defined()) continue;
      grads[3 + i] = weight_gradient(weight, grad, y);
      grads[6 + i] = bias_gradient(saved[6 + i], grad);
      grad_y = grad_y.defined() ? grad_y.addmm_(grad, weight) : at::mm(grad, weight);
    }
    const cpu::NormGradient grad = cpu::normed_backward(grad_y, x, norm, inverse_rms, {});
    return {grad.x_ND, grad.weight_D, {}, grads[3], grads[4], grads[5], grads[6], grads[7], grads[8]};
  }
};

}  // namespace

std::array<at::Tensor, 3> norm_qkv_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                                             const Linear& q, const Linear& k, const Linear& v) {
  const at::Tensor y = rms_norm_reference(x_ND, norm_D, eps);
  const auto map = [&](const Linear& linear) { return at::linear(y, linear.weight_OI, linear.bias_O); };
  return {map(q), map(k), map(v)};
}

std::array<at::Tensor, 3> norm_qkv(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                                   const Linear& q, const Linear& k, const Linear& v) {
  if (!cpu::has_rows(x_ND, norm_D)) return norm_qkv_reference(x_ND, norm_D, eps, q, k, v);
  const variable_list out = NormQkv::apply(x_ND, norm_D, eps, q.weight_OI, k.weight_OI, v.weight_OI, q.bias_O,
                                           k.bias_O, v.bias_O);
  return {out[0], out[1], out[2]};
}

}  // namespace evergreen::kernels
