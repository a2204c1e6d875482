#include "evergreen/kernels/linear.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/products.hpp"
#include "evergreen/kernels/stacked_linear.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct ResidualLinear : torch::autograd::Function<ResidualLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& base, const at::Tensor& x,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
    context->save_for_backward({x, weight, bias.value_or(at::Tensor())});
    return linear_product(x, weight, bias, base);
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &grad = upstream[0];
    return {grad, input_product(grad, weight), weight_gradient(weight, grad, x),
            bias_gradient(saved[2], grad)};
  }
};

}  // namespace

at::Tensor residual_linear_reference(const at::Tensor& base_NO, const at::Tensor& x_NI,
                                     const Linear& linear) {
  return base_NO + at::linear(x_NI, linear.weight_OI, linear.bias_O);
}

at::Tensor residual_linear(const at::Tensor& base_NO, const at::Tensor& x_NI, const Linear& linear) {
  return ResidualLinear::apply(base_NO, x_NI, linear.weight_OI, linear.bias_O);
}

}  // namespace evergreen::kernels
