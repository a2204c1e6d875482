// Rotary embedding of queries and keys, and causal grouped-query attention over packed sequences, in one differentiable step:
// softmax(rope(q) rope(k)^T / sqrt(E)) v, query head h reads KV head h / (H / K).
//
// Shapes    qkv_NO: queries, keys (before rotation) and values side by side, O = (H + 2K) E; cos_NF and sin_NF with F = E/2
//           -> [N, H E]. Sequence s is [cu_seqlens[s], cu_seqlens[s+1]) and sees itself alone: no padding, no mask tensors.
// Numbers   softmax in float32 at least. On a CPU scores are made for a block of queries at a time, whole rows, so the softmax
//           is the plain one; they are made again in the backward pass (FlashAttention-2, arXiv 2307.08691, section 3.1).
// Memory    kept for the backward pass: rotated q and k, v, the output and one number for each query and head.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

struct AttentionHeads {
  int64_t heads, kv_heads;
};

at::Tensor rotary_attention(const at::Tensor& qkv_NO, AttentionHeads shape, const at::Tensor& cos_NF,
                            const at::Tensor& sin_NF, const std::vector<int64_t>& cu_seqlens);
at::Tensor rotary_attention_reference(const at::Tensor& qkv_NO, AttentionHeads shape,
                                      const at::Tensor& cos_NF, const at::Tensor& sin_NF,
                                      const std::vector<int64_t>& cu_seqlens);

// The three parts of qkv_NO: q_NHE, k_NKE, v_NKE, views.
struct QkvParts {
  at::Tensor q_NHE, k_NKE, v_NKE;
};
QkvParts split_qkv(const at::Tensor& qkv_NO, AttentionHeads shape);

}  // namespace evergreen::kernels
