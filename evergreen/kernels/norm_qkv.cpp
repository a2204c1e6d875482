#include "evergreen/kernels/norm_qkv.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/gpu.hpp"
#include "evergreen/kernels/products.hpp"
#include "evergreen/kernels/rms_norm.hpp"
#include "evergreen/kernels/stacked_linear.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Bias = std::optional<at::Tensor>;

struct NormQkv : torch::autograd::Function<NormQkv> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& norm, double eps,
                            const at::Tensor& wq, const at::Tensor& wk, const at::Tensor& wv, const Bias& bq,
                            const Bias& bk, const Bias& bv) {
    const cpu::Normed normed = kernels::normed(x, norm, eps);
    const at::Tensor weight = stacked_rows({wq, wk, wv});
    variable_list saved = {x, norm, normed.inverse_rms_N, wq, wk, wv};
    if (!bq) {
      context->save_for_backward(std::move(saved));
      return linear_product(normed.y_ND, weight);
    }
    saved.insert(saved.end(), {*bq, *bk, *bv});
    context->save_for_backward(std::move(saved));
    return linear_product(normed.y_ND, weight, stacked_rows({*bq, *bk, *bv}));
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &norm = saved[1], &inverse_rms = saved[2];
    const at::TensorList weights(&saved[3], 3);
    const at::Tensor grad = upstream[0].contiguous();
    const at::Tensor grad_y = input_product(grad, stacked_rows(weights));
    const at::Tensor y = normed_again(x, norm, inverse_rms);
    variable_list grads(9);
    const std::vector<at::Tensor> of_weights = stacked_gradients(weights, grad, y);
    int64_t first = 0;
    for (size_t i = 0; i < 3; ++i) {
      grads[3 + i] = of_weights[i];
      const int64_t width = weights[i].size(0);
      if (saved.size() > 6) grads[6 + i] = bias_gradient(saved[6 + i], grad.narrow(1, first, width));
      first += width;
    }
    const cpu::NormGradient of_norm = normed_backward(grad_y, x, norm, inverse_rms, {});
    grads[0] = of_norm.x_ND, grads[1] = of_norm.weight_D;
    return grads;
  }
};

}  // namespace

at::Tensor norm_qkv_reference(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& q,
                              const Linear& k, const Linear& v) {
  const at::Tensor y = rms_norm_reference(x_ND, norm_D, eps);
  const auto map = [&](const Linear& linear) { return at::linear(y, linear.weight_OI, linear.bias_O); };
  return at::cat({map(q), map(k), map(v)}, 1);
}

at::Tensor norm_qkv(const at::Tensor& x_ND, const at::Tensor& norm_D, double eps, const Linear& q,
                    const Linear& k, const Linear& v) {
  if (!has_rows(x_ND, norm_D)) return norm_qkv_reference(x_ND, norm_D, eps, q, k, v);
  return NormQkv::apply(x_ND, norm_D, eps, q.weight_OI, k.weight_OI, v.weight_OI, q.bias_O, k.bias_O,
                        v.bias_O);
}

}  // namespace evergreen::kernels
