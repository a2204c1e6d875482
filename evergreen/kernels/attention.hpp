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

// Queries of new tokens against past and new keys: sequence s has keys_TKE[s], of which the last are those of its own tokens, so that
// query i sees all but the ones behind it. Not differentiable.
at::Tensor cached_attention_reference(const at::Tensor& q_NHE, const std::vector<at::Tensor>& keys_TKE,
                                      const std::vector<at::Tensor>& values_TKE,
                                      const std::vector<int64_t>& cu_seqlens);

}  // namespace evergreen::kernels
