// Causal grouped-query attention over packed sequences: softmax(q k^T / sqrt(E)) v, query head h reads KV head h / (H / K).
//
// Shapes    q_NHE, k_NKE, v_NKE -> [N, H, E]; sequence s is [cu_seqlens[s], cu_seqlens[s+1]) and sees itself alone. There is
//           no mask tensor.
// Numbers   softmax in float32 at least.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

at::Tensor packed_attention(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                            const std::vector<int64_t>& cu_seqlens);
at::Tensor packed_attention_reference(const at::Tensor& q_NHE, const at::Tensor& k_NKE,
                                      const at::Tensor& v_NKE, const std::vector<int64_t>& cu_seqlens);

// Queries of new tokens against a cache that already holds their keys and values: query i of sequence s (i-th
// new token) sees the first past[s] + i + 1 entries of keys_SCKE[slots[s]]. Not differentiable.
at::Tensor cached_attention(const at::Tensor& q_NHE, const at::Tensor& keys_SCKE,
                            const at::Tensor& values_SCKE, const std::vector<int64_t>& cu_seqlens,
                            const std::vector<int64_t>& slots, const std::vector<int64_t>& past);
at::Tensor cached_attention_reference(const at::Tensor& q_NHE, const at::Tensor& keys_SCKE,
                                      const at::Tensor& values_SCKE, const std::vector<int64_t>& cu_seqlens,
                                      const std::vector<int64_t>& slots, const std::vector<int64_t>& past);

}  // namespace evergreen::kernels
