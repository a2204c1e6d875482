#include "evergreen/kernels/cpu/normed.hpp"

#include "evergreen/kernels/cpu/row_kernels.hpp"

namespace evergreen::kernels::cpu {

Normed normed(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps) {
  const int64_t rows = x_ND.size(0), width = x_ND.size(1);
  Normed out{at::empty_like(x_ND), at::empty({rows}, x_ND.options())};
  const auto *x = x_ND.const_data_ptr<float>(), *weight = weight_D.const_data_ptr<float>();
  auto *y = out.y_ND.data_ptr<float>(), *inverse_rms = out.inverse_rms_N.data_ptr<float>();
  for_rows(rows, width, [&](int64_t first, int64_t count) {
    rms_norm_rows(x + first * width, weight, static_cast<float>(eps), count, width, y + first * width,
                  inverse_rms + first);
  });
  return out;
}

at::Tensor normed_again(const at::Tensor& x_ND, const at::Tensor& weight_D, const at::Tensor& inverse_rms_N) {
  const int64_t width = x_ND.size(1);
  at::Tensor out = at::empty_like(x_ND);
  const auto *x = x_ND.const_data_ptr<float>(), *weight = weight_D.const_data_ptr<float>();
  const auto* inverse_rms = inverse_rms_N.const_data_ptr<float>();
  auto* y = out.data_ptr<float>();
  for_rows(x_ND.size(0), width, [&](int64_t first, int64_t count) {
    rms_norm_rows_again(x + first * width, weight, inverse_rms + first, count, width, y + first * width);
  });
  return out;
}

NormGradient normed_backward(const at::Tensor& grad_ND, const at::Tensor& x_ND, const at::Tensor& weight_D,
                             const at::Tensor& inverse_rms_N, const at::Tensor& through_ND) {
  const int64_t rows = x_ND.size(0), width = x_ND.size(1);
  NormGradient out{at::empty_like(x_ND), {}};
  // A sum for each thread: the same threads give the same bits.
  const at::Tensor sums = at::zeros({at::get_num_threads(), width}, x_ND.options());
  const at::Tensor grad = grad_ND.contiguous();
  const at::Tensor through = through_ND.defined() ? through_ND.contiguous() : through_ND;
  const float* passed = through.defined() ? through.const_data_ptr<float>() : nullptr;
  const auto *g = grad.const_data_ptr<float>(), *x = x_ND.const_data_ptr<float>();
  const auto *weight = weight_D.const_data_ptr<float>(), *inverse_rms = inverse_rms_N.const_data_ptr<float>();
  auto *grad_x = out.x_ND.data_ptr<float>(), *grad_weight = sums.data_ptr<float>();
  for_rows(rows, width, [&](int64_t first, int64_t count) {
    const int64_t at = first * width;
    rms_norm_rows_backward(g + at, x + at, weight, inverse_rms + first,
                           passed == nullptr ? nullptr : passed + at, count, width, grad_x + at,
                           grad_weight + at::get_thread_num() * width);
  });
  out.weight_D = sums.sum(0);
  return out;
}

}  // namespace evergreen::kernels::cpu
