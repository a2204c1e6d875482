#include "evergreen/kernels/embedding.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/stacked_linear.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Columns are shared out among threads: tokens that occur twice are added one after the other.
void add_rows(const at::Tensor& grad_ND, const at::Tensor& tokens_N, const at::Tensor& sum_VD) {
  const int64_t tokens = grad_ND.size(0), width = grad_ND.size(1);
  const auto* grad = grad_ND.const_data_ptr<float>();
  const auto* token = tokens_N.const_data_ptr<int64_t>();
  auto* sum = sum_VD.data_ptr<float>();
  cpu::for_rows(width, tokens, [&](int64_t first, int64_t count) {
    for (int64_t n = 0; n < tokens; ++n) {
      const float* from = grad + n * width + first;
      float* to = sum + token[n] * width + first;
      for (int64_t i = 0; i < count; ++i) to[i] += from[i];
    }
  });
}

struct Embedding : torch::autograd::Function<Embedding> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weight, const at::Tensor& tokens) {
    context->save_for_backward({weight, tokens});
    return weight.index_select(0, tokens);
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &weight = saved[0], &tokens = saved[1];
    const at::Tensor grad = upstream[0].contiguous();
    const bool gathered = has_gradient(weight) && cpu::has_rows(weight.grad());
    const at::Tensor sum = gathered ? weight.mutable_grad() : at::zeros_like(weight);
    add_rows(grad, tokens.contiguous(), sum);
    return {gathered ? at::Tensor() : sum, {}};
  }
};

}  // namespace

at::Tensor embedding(const at::Tensor& weight_VD, const at::Tensor& tokens_N) {
  if (!cpu::has_rows(weight_VD)) return at::embedding(weight_VD, tokens_N);
  return Embedding::apply(weight_VD, tokens_N);
}

}  // namespace evergreen::kernels
