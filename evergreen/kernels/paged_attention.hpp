// Causal grouped-query attention of new tokens against a paged cache on any device: softmax(q k^T / sqrt(E)) v, query head h reads
// KV head h / (H / K).
//
// Shapes    q_NHE, rotated: the tokens of all sequences back to back; pools of a layer [pages, page_tokens, K, E], which hold the new
//           tokens' keys and values already -> [N, H, E].
// Numbers   softmax in float32 at least. On a GPU one fused kernel (kernels/cuda/launchers.hpp) for float32 and bfloat16, whose
//           result for a query does not depend on what is beside it; elsewhere, and where a KV head has too many query heads for
//           it, keys and values are gathered sequence by sequence. Not differentiable.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

// The new tokens [cu_seqlens[s], cu_seqlens[s+1]) of sequence s come behind past[s] earlier ones; pages[s] hold both.
struct PagedSequences {
  std::vector<int64_t> cu_seqlens, past;
  std::vector<std::vector<int32_t>> pages;

  size_t count() const { return pages.size(); }
  int64_t keys(size_t s) const { return past[s] + cu_seqlens[s + 1] - cu_seqlens[s]; }
};

// The new tokens' rows in a pool that is seen as [pages * page_tokens, K, E]: [N], int64.
at::Tensor places_of_new_tokens(const PagedSequences& sequences, int64_t page_tokens, at::Device device);

at::Tensor paged_attention(const at::Tensor& q_NHE, const at::Tensor& keys_PTKE,
                           const at::Tensor& values_PTKE, const PagedSequences& sequences);
at::Tensor paged_attention_reference(const at::Tensor& q_NHE, const at::Tensor& keys_PTKE,
                                     const at::Tensor& values_PTKE, const PagedSequences& sequences);

}  // namespace evergreen::kernels
