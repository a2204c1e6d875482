#include "evergreen/kernels/rotary_attention.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/attention.hpp"
#include "evergreen/kernels/cpu/packed_attention_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/kernels/rope.hpp"

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor turned(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF, float sign) {
  const int64_t heads = x_NHE.size(1), half = cos_NF.size(1), row = 2 * heads * half;
  at::Tensor out = at::empty_like(x_NHE);
  const auto* x = x_NHE.const_data_ptr<float>();
  const auto *cosines = cos_NF.const_data_ptr<float>(), *sines = sin_NF.const_data_ptr<float>();
  auto* y = out.data_ptr<float>();
  cpu::for_rows(x_NHE.size(0), row, [&](int64_t first, int64_t count) {
    cpu::rope_rows(x + first * row, cosines + first * half, sines + first * half, sign, count, heads, half,
                   y + first * row);
  });
  return out;
}

struct RotaryAttention : torch::autograd::Function<RotaryAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k,
                            const at::Tensor& v, const at::Tensor& cosines, const at::Tensor& sines,
                            const std::vector<int64_t>& cu_seqlens) {
    const at::Tensor turned_q = turned(q, cosines, sines, 1), turned_k = turned(k, cosines, sines, 1);
    const cpu::AttentionOutput out = cpu::attention_forward(turned_q, turned_k, v, cu_seqlens);
    context->save_for_backward({turned_q, turned_k, v, out.out_NHE, out.log_sum_HN, cosines, sines});
    context->saved_data["cu_seqlens"] = cu_seqlens;
    return out.out_NHE;
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const cpu::AttentionGradients grads =
        cpu::attention_backward(upstream[0].contiguous(), saved[0], saved[1], saved[2],
                                {saved[3], saved[4]}, context->saved_data["cu_seqlens"].toIntVector());
    return {turned(grads.q_NHE, saved[5], saved[6], -1), turned(grads.k_NKE, saved[5], saved[6], -1),
            grads.v_NKE, {}, {}, {}};
  }
};

}  // namespace

at::Tensor rotary_attention_reference(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                      const at::Tensor& cos_NF, const at::Tensor& sin_NF,
                                      const std::vector<int64_t>& cu_seqlens) {
  return packed_attention_reference(rope_reference(q_NHE, cos_NF, sin_NF), rope_reference(k_NKE, cos_NF, sin_NF),
                                    v_NKE, cu_seqlens);
}

at::Tensor rotary_attention(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                            const at::Tensor& cos_NF, const at::Tensor& sin_NF,
                            const std::vector<int64_t>& cu_seqlens) {
  if (cpu::has_rows(q_NHE, k_NKE, v_NKE, cos_NF, sin_NF)) {
    return RotaryAttention::apply(q_NHE, k_NKE, v_NKE, cos_NF, sin_NF, cu_seqlens);
  }
  return packed_attention(rope(q_NHE, cos_NF, sin_NF), rope(k_NKE, cos_NF, sin_NF), v_NKE, cu_seqlens);
}

}  // namespace evergreen::kernels
