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

// x to y, which may be the same; tokens of both may lie apart.
void turn(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF, float sign,
          const at::Tensor& y_NHE) {
  const int64_t heads = x_NHE.size(1), half = cos_NF.size(1), from = x_NHE.stride(0), to = y_NHE.stride(0);
  const auto* x = x_NHE.const_data_ptr<float>();
  const auto *cosines = cos_NF.const_data_ptr<float>(), *sines = sin_NF.const_data_ptr<float>();
  auto* y = y_NHE.data_ptr<float>();
  cpu::for_rows(x_NHE.size(0), 2 * heads * half, [&](int64_t first, int64_t count) {
    for (int64_t n = first; n < first + count; ++n) {
      cpu::rope_rows(x + n * from, cosines + n * half, sines + n * half, sign, 1, heads, half, y + n * to);
    }
  });
}

struct RotaryAttention : torch::autograd::Function<RotaryAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv_NO, int64_t heads,
                            int64_t kv_heads, const at::Tensor& cosines, const at::Tensor& sines,
                            const std::vector<int64_t>& cu_seqlens) {
    const auto [q, k, strided_v] = split_qkv(qkv_NO, {heads, kv_heads});
    const at::Tensor v = strided_v.contiguous();  // kept without the queries and keys it lies beside
    const at::Tensor turned_q = at::empty(q.sizes(), q.options()),
                     turned_k = at::empty(k.sizes(), k.options());
    turn(q, cosines, sines, 1, turned_q);
    turn(k, cosines, sines, 1, turned_k);
    const cpu::AttentionOutput out = cpu::attention_forward(turned_q, turned_k, v, cu_seqlens);
    const at::Tensor flat = out.out_NHE.view({q.size(0), -1});
    context->save_for_backward({turned_q, turned_k, v, flat, out.log_sum_HN, cosines, sines});
    context->saved_data["cu_seqlens"] = cu_seqlens;
    return flat;
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
    const int64_t heads = q.size(1), kv_heads = k.size(1);
    const at::Tensor grad = at::zeros({q.size(0), (heads + 2 * kv_heads) * q.size(2)}, q.options());
    const QkvParts parts = split_qkv(grad, {heads, kv_heads});
    const at::Tensor upstream_NHE = upstream[0].contiguous().view(q.sizes());
    cpu::attention_backward(upstream_NHE, q, k, v, {saved[3].view(q.sizes()), saved[4]},
                            context->saved_data["cu_seqlens"].toIntVector(),
                            {parts.q_NHE, parts.k_NKE, parts.v_NKE});
    turn(parts.q_NHE, saved[5], saved[6], -1, parts.q_NHE);
    turn(parts.k_NKE, saved[5], saved[6], -1, parts.k_NKE);
    return {grad, {}, {}, {}, {}, {}};
  }
};

}  // namespace

QkvParts split_qkv(const at::Tensor& qkv_NO, AttentionHeads shape) {
  const int64_t width = qkv_NO.size(1) / (shape.heads + 2 * shape.kv_heads);
  const auto part = [&](int64_t first, int64_t heads) {
    return qkv_NO.narrow(1, first * width, heads * width).unflatten(1, {heads, width});
  };
  return {part(0, shape.heads), part(shape.heads, shape.kv_heads),
          part(shape.heads + shape.kv_heads, shape.kv_heads)};
}

at::Tensor rotary_attention_reference(const at::Tensor& qkv_NO, AttentionHeads shape,
                                      const at::Tensor& cos_NF, const at::Tensor& sin_NF,
                                      const std::vector<int64_t>& cu_seqlens) {
  const auto [q, k, v] = split_qkv(qkv_NO, shape);
  return packed_attention_reference(rope_reference(q, cos_NF, sin_NF), rope_reference(k, cos_NF, sin_NF), v,
                                    cu_seqlens)
      .flatten(1);
}

at::Tensor rotary_attention(const at::Tensor& qkv_NO, AttentionHeads shape, const at::Tensor& cos_NF,
                            const at::Tensor& sin_NF, const std::vector<int64_t>& cu_seqlens) {
  if (cpu::has_rows(qkv_NO, cos_NF, sin_NF)) {
    return RotaryAttention::apply(qkv_NO, shape.heads, shape.kv_heads, cos_NF, sin_NF, cu_seqlens);
  }
  const auto [q, k, v] = split_qkv(qkv_NO, shape);
  return packed_attention(rope(q, cos_NF, sin_NF), rope(k, cos_NF, sin_NF), v, cu_seqlens).flatten(1);
}

}  // namespace evergreen::kernels
