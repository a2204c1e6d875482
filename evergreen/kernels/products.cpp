#include "evergreen/kernels/products.hpp"

#include <ATen/ATen.h>

#include "evergreen/kernels/cpu/matrix_product.hpp"

namespace evergreen::kernels {
namespace {

template <class... Tensors>
bool has_views(const Tensors&... tensors) {
  const auto plain = [](const at::Tensor& t) {
    return t.is_cpu() && t.scalar_type() == at::kFloat && t.dim() == 2 && t.stride(1) == 1;
  };
  return (plain(tensors) && ...);
}

cpu::MatrixView view(const at::Tensor& x, bool transposed = false) {
  return {x.const_data_ptr<float>(), x.stride(0), transposed};
}

}  // namespace

at::Tensor linear_product(const at::Tensor& x_NI, const at::Tensor& weight_OI,
                          const std::optional<at::Tensor>& bias_O, const std::optional<at::Tensor>& base_NO) {
  if (!has_views(x_NI, weight_OI) || (base_NO && !has_views(*base_NO))) {
    if (!base_NO) return at::linear(x_NI, weight_OI, bias_O);
    at::Tensor out = at::addmm(*base_NO, x_NI, weight_OI.t());
    return bias_O ? out.add_(*bias_O) : out;
  }
  at::Tensor out = at::empty({x_NI.size(0), weight_OI.size(0)}, x_NI.options());
  const at::Tensor bias = bias_O ? bias_O->contiguous() : at::Tensor();
  cpu::matrix_product({.rows = out.size(0),
                       .columns = out.size(1),
                       .inner = x_NI.size(1),
                       .a = view(x_NI),
                       .b = view(weight_OI, true),
                       .c = out.data_ptr<float>(),
                       .c_stride = out.stride(0),
                       .base = base_NO ? base_NO->const_data_ptr<float>() : nullptr,
                       .base_stride = base_NO ? base_NO->stride(0) : 0,
                       .bias = bias_O ? bias.const_data_ptr<float>() : nullptr});
  return out;
}

at::Tensor input_product(const at::Tensor& grad_NO, const at::Tensor& weight_OI, at::Tensor out_NI) {
  if (!out_NI.defined()) out_NI = at::empty({grad_NO.size(0), weight_OI.size(1)}, grad_NO.options());
  if (!has_views(grad_NO, weight_OI, out_NI)) return at::mm_out(out_NI, grad_NO, weight_OI);
  cpu::matrix_product({.rows = out_NI.size(0),
                       .columns = out_NI.size(1),
                       .inner = grad_NO.size(1),
                       .a = view(grad_NO),
                       .b = view(weight_OI),
                       .c = out_NI.data_ptr<float>(),
                       .c_stride = out_NI.stride(0)});
  return out_NI;
}

at::Tensor weight_product(const at::Tensor& grad_NO, const at::Tensor& x_NI, at::Tensor sum_OI) {
  const bool add = sum_OI.defined();
  if (!add) sum_OI = at::empty({grad_NO.size(1), x_NI.size(1)}, x_NI.options());
  if (!has_views(grad_NO, x_NI, sum_OI)) {
    return add ? sum_OI.addmm_(grad_NO.t(), x_NI) : at::mm_out(sum_OI, grad_NO.t(), x_NI);
  }
  cpu::matrix_product({.rows = sum_OI.size(0),
                       .columns = sum_OI.size(1),
                       .inner = x_NI.size(0),
                       .a = view(grad_NO, true),
                       .b = view(x_NI),
                       .c = sum_OI.data_ptr<float>(),
                       .c_stride = sum_OI.stride(0),
                       .base = add ? sum_OI.const_data_ptr<float>() : nullptr,
                       .base_stride = sum_OI.stride(0)});
  return sum_OI;
}

}  // namespace evergreen::kernels
