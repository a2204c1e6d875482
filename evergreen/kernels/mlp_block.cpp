#include "evergreen/kernels/mlp_block.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/cpu/normed.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/kernels/rms_norm.hpp"
#include "evergreen/kernels/swiglu.hpp"
#include "evergreen/kernels/weight_gradient.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Bias = std::optional<at::Tensor>;

at::Tensor activation(const at::Tensor& gate_NI, const at::Tensor& up_NI) {
  at::Tensor out = at::empty_like(gate_NI);
  const auto *gate = gate_NI.const_data_ptr<float>(), *up = up_NI.const_data_ptr<float>();
  auto* y = out.data_ptr<float>();
  cpu::for_rows(gate_NI.numel(), 1, [&](int64_t first, int64_t count) {
    cpu::swiglu_rows(gate + first, up + first, count, y + first);
  });
  return out;
}

// grad becomes the activation, gate and up their gradients.
void activation_backward(at::Tensor& grad_NI, at::Tensor& gate_NI, at::Tensor& up_NI) {
  auto *grad = grad_NI.data_ptr<float>(), *gate = gate_NI.data_ptr<float>(), *up = up_NI.data_ptr<float>();
  cpu::for_rows(gate_NI.numel(), 1, [&](int64_t first, int64_t count) {
    cpu::swiglu_rows_backward(grad + first, gate + first, up + first, count);
  });
}

struct MlpBlock : torch::autograd::Function<MlpBlock> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& norm, double eps,
                            const at::Tensor& w_gate, const at::Tensor& w_up, const at::Tensor& w_down,
                            const Bias& b_gate, const Bias& b_up, const Bias& b_down) {
    const cpu::Normed normed = cpu::normed(x, norm, eps);
    const at::Tensor gate = at::linear(normed.y_ND, w_gate, b_gate);
    const at::Tensor up = at::linear(normed.y_ND, w_up, b_up);
    context->save_for_backward({x, norm, normed.inverse_rms_N, w_gate, w_up, w_down,
                                b_gate.value_or(at::Tensor()), b_up.value_or(at::Tensor()),
                                b_down.value_or(at::Tensor()), gate, up});
    at::Tensor out = at::addmm(x, activation(gate, up), w_down.t());
    return b_down ? out.add_(*b_down) : out;
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &norm = saved[1], &inverse_rms = saved[2];
    const at::Tensor &w_gate = saved[3], &w_up = saved[4], &w_down = saved[5];
    const at::Tensor grad_out = upstream[0].contiguous();
    at::Tensor gate = saved[9], up = saved[10];  // written over: a graph is walked backward once
    at::Tensor active = at::mm(grad_out, w_down);
    activation_backward(active, gate, up);
    const at::Tensor grad_down = weight_gradient(w_down, grad_out, active);
    active.reset();
    const at::Tensor grad_y = at::mm(gate, w_gate).addmm_(up, w_up);
    const at::Tensor y = cpu::normed_again(x, norm, inverse_rms);
    const at::Tensor grad_gate = weight_gradient(w_gate, gate, y), grad_up = weight_gradient(w_up, up, y);
    const cpu::NormGradient grad = cpu::normed_backward(grad_y, x, norm, inverse_rms, grad_out);
    return {grad.x_ND, grad.weight_D, {}, grad_gate, grad_up, grad_down, bias_gradient(saved[6], gate),
            bias_gradient(saved[7], up), bias_gradient(saved[8], grad_out)};
  }
};

}  // namespace

at::Tensor mlp_block_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                               const Linear& gate, const Linear& up, const Linear& down) {
  const at::Tensor y = rms_norm_reference(x_ND, norm_D, eps);
  const at::Tensor active = swiglu_reference(at::linear(y, gate.weight_OI, gate.bias_O),
                                             at::linear(y, up.weight_OI, up.bias_O));
  return x_ND + at::linear(active, down.weight_OI, down.bias_O);
}

at::Tensor mlp_block(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& gate,
                     const Linear& up, const Linear& down) {
  if (!cpu::has_rows(x_ND, norm_D)) return mlp_block_reference(x_ND, norm_D, eps, gate, up, down);
  return MlpBlock::apply(x_ND, norm_D, eps, gate.weight_OI, up.weight_OI, down.weight_OI, gate.bias_O,
                         up.bias_O, down.bias_O);
}

}  // namespace evergreen::kernels
