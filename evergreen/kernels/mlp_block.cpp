#include "evergreen/kernels/mlp_block.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/kernels/gpu.hpp"
#include "evergreen/kernels/products.hpp"
#include "evergreen/kernels/recompute.hpp"
#include "evergreen/kernels/rms_norm.hpp"
#include "evergreen/kernels/stacked_linear.hpp"
#include "evergreen/kernels/swiglu.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Bias = std::optional<at::Tensor>;

// Of gate and up, behind the seven other tensors that are saved; empty where there are none.
at::TensorList inner_biases(const variable_list& saved) {
  return saved.size() > 7 ? at::TensorList(&saved[7], 2) : at::TensorList();
}

// gate and up side by side in each row
at::Tensor activation(const at::Tensor& gate_up_NI) {
  if (!gate_up_NI.is_cpu()) return gpu_operations()->swiglu(gate_up_NI);
  const int64_t inner = gate_up_NI.size(1) / 2;
  at::Tensor out = at::empty({gate_up_NI.size(0), inner}, gate_up_NI.options());
  const auto* gate_up = gate_up_NI.const_data_ptr<float>();
  auto* y = out.data_ptr<float>();
  cpu::for_rows(gate_up_NI.size(0), inner, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; ++row) {
      const float* gate = gate_up + row * 2 * inner;
      cpu::swiglu_rows(gate, gate + inner, inner, y + row * inner);
    }
  });
  return out;
}

// grad becomes the activation, gate and up their gradients.
void activation_backward(at::Tensor& grad_NI, at::Tensor& gate_up_NI) {
  if (!grad_NI.is_cpu()) return gpu_operations()->swiglu_backward(grad_NI, gate_up_NI);
  const int64_t inner = grad_NI.size(1);
  auto *grad = grad_NI.data_ptr<float>(), *gate_up = gate_up_NI.data_ptr<float>();
  cpu::for_rows(grad_NI.size(0), inner, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; ++row) {
      float* gate = gate_up + row * 2 * inner;
      cpu::swiglu_rows_backward(grad + row * inner, gate, gate + inner, inner);
    }
  });
}

struct GateAndUp {
  at::Tensor y_ND, inverse_rms_N, gate_up_NI;  // y: normed
};

GateAndUp gate_and_up(const at::Tensor& x, const at::Tensor& norm, double eps, at::TensorList weights,
                      at::TensorList biases) {
  cpu::Normed normed = kernels::normed(x, norm, eps);
  const at::Tensor product = linear_product(normed.y_ND, stacked_rows(weights),
                                            biases.empty() ? Bias() : Bias(stacked_rows(biases)));
  return {normed.y_ND, normed.inverse_rms_N, product};
}

struct MlpBlock : torch::autograd::Function<MlpBlock> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& norm, double eps,
                            const at::Tensor& w_gate, const at::Tensor& w_up, const at::Tensor& w_down,
                            const Bias& b_gate, const Bias& b_up, const Bias& b_down, MlpPass pass) {
    variable_list saved = {x, norm, {}, {}, w_gate, w_up, w_down};
    if (b_gate) saved.insert(saved.end(), {*b_gate, *b_up, *b_down});
    at::Tensor out;
    if (pass == MlpPass::gradients_only) {
      out = at::empty_like(x);
    } else {
      const GateAndUp made = gate_and_up(x, norm, eps, at::TensorList(&saved[4], 2), inner_biases(saved));
      out = linear_product(activation(made.gate_up_NI), w_down, b_down, x);
      if (pass == MlpPass::keep) saved[2] = made.inverse_rms_N, saved[3] = made.gate_up_NI;
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["eps"] = eps;
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &norm = saved[1], &w_down = saved[6];
    const at::TensorList weights(&saved[4], 2);
    const at::Tensor grad_out = upstream[0].contiguous();
    GateAndUp made{{}, saved[2], saved[3]};
    if (!made.gate_up_NI.defined())
      made = gate_and_up(x, norm, context->saved_data["eps"].toDouble(), weights, inner_biases(saved));
    at::Tensor& gate_up = made.gate_up_NI;  // written over: a graph is walked backward once
    at::Tensor active = input_product(grad_out, w_down);
    activation_backward(active, gate_up);
    const at::Tensor grad_down = weight_gradient(w_down, grad_out, active);
    active.reset();
    const at::Tensor grad_y = input_product(gate_up, stacked_rows(weights));
    const at::Tensor y = made.y_ND.defined() ? made.y_ND : normed_again(x, norm, made.inverse_rms_N);
    const std::vector<at::Tensor> of_weights = stacked_gradients(weights, gate_up, y);
    const cpu::NormGradient of_norm = normed_backward(grad_y, x, norm, made.inverse_rms_N, grad_out);
    variable_list grads = {
        of_norm.x_ND, of_norm.weight_D, {}, of_weights[0], of_weights[1], grad_down, {}, {}, {}, {}};
    if (saved.size() > 7) {
      const int64_t inner = gate_up.size(1) / 2;
      grads[6] = bias_gradient(saved[7], gate_up.narrow(1, 0, inner));
      grads[7] = bias_gradient(saved[8], gate_up.narrow(1, inner, inner));
      grads[8] = bias_gradient(saved[9], grad_out);
    }
    return grads;
  }
};

}  // namespace

at::Tensor mlp_block_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps,
                               const Linear& gate, const Linear& up, const Linear& down) {
  const at::Tensor y = rms_norm_reference(x_ND, norm_D, eps);
  const at::Tensor active =
      swiglu_reference(at::linear(y, gate.weight_OI, gate.bias_O), at::linear(y, up.weight_OI, up.bias_O));
  return x_ND + at::linear(active, down.weight_OI, down.bias_O);
}

at::Tensor mlp_block(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& gate,
                     const Linear& up, const Linear& down, MlpPass pass) {
  if (has_rows(x_ND, norm_D)) {
    return MlpBlock::apply(x_ND, norm_D, eps, gate.weight_OI, up.weight_OI, down.weight_OI, gate.bias_O,
                           up.bias_O, down.bias_O, pass);
  }
  // By value: the backward pass comes after this function has returned.
  const Block reference = [norm_D, eps, gate, up, down](const at::Tensor& x) {
    return mlp_block_reference(x, norm_D, eps, gate, up, down);
  };
  return pass == MlpPass::make_again ? recomputed(reference, x_ND) : reference(x_ND);
}

}  // namespace evergreen::kernels
