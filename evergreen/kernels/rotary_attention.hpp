// Rotary embedding of queries and keys, and causal grouped-query attention over packed sequences, in one differentiable step:
// softmax(rope(q) rope(k)^T / sqrt(E)) v, query head h reads KV head h / (H / K).
//
// Shapes    q_NHE, k_NKE, v_NKE before rotation, cos_NF and sin_NF with F = E/2 -> [N, H, E]. Sequence s is
//           [cu_seqlens[s], cu_seqlens[s+1]) and sees itself alone: no padding, no mask tensors.
// Numbers   softmax in float32 at least. On a CPU scores are made for a block of queries at a time, whole rows, so the softmax
//           is the plain one; they are made again in the backward pass (FlashAttention-2, arXiv 2307.08691, section 3.1).
// Memory    kept for the backward pass: rotated q and k, v, the output and one number for each query and head.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

at::Tensor rotary_attention(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                            const at::Tensor& cos_NF, const at::Tensor& sin_NF,
                            const std::vector<int64_t>& cu_seqlens);
at::Tensor rotary_attention_reference(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                      const at::Tensor& cos_NF, const at::Tensor& sin_NF,
                                      const std::vector<int64_t>& cu_seqlens);

}  // namespace evergreen::kernels
