#include "evergreen/kernels/attention.hpp"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>

namespace evergreen::kernels {
namespace {

// [L, H, E] queries that are the last L of the [T, K, E] keys' tokens.
at::Tensor attend(const at::Tensor& q_LHE, const at::Tensor& k_TKE, const at::Tensor& v_TKE) {
  const int64_t length = q_LHE.size(0), total = k_TKE.size(0), group = q_LHE.size(1) / k_TKE.size(1);
  const at::ScalarType type = q_LHE.scalar_type(), wide = c10::promoteTypes(type, at::kFloat);
  const auto heads_first = [&](const at::Tensor& x, int64_t repeats) {
    return x.to(wide).repeat_interleave(repeats, 1).transpose(0, 1);
  };
  const at::Tensor q = heads_first(q_LHE, 1), k = heads_first(k_TKE, group), v = heads_first(v_TKE, group);
  const at::Tensor hidden = at::ones({length, total}, q.options().dtype(at::kBool)).triu(total - length + 1);
  const at::Tensor scores = at::matmul(q, k.transpose(1, 2)) / std::sqrt(static_cast<double>(q_LHE.size(2)));
  const at::Tensor weights = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity()).softmax(-1);
  return at::matmul(weights, v).transpose(0, 1).to(type);
}

}  // namespace

at::Tensor packed_attention_reference(const at::Tensor& q_NHE, const at::Tensor& k_NKE,
                                      const at::Tensor& v_NKE, const std::vector<int64_t>& cu_seqlens) {
  std::vector<at::Tensor> parts;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t first = cu_seqlens[s], length = cu_seqlens[s + 1] - first;
    parts.push_back(attend(q_NHE.narrow(0, first, length), k_NKE.narrow(0, first, length),
                           v_NKE.narrow(0, first, length)));
  }
  return at::cat(parts);
}

at::Tensor cached_attention_reference(const at::Tensor& q_NHE, const at::Tensor& keys_SCKE,
                                      const at::Tensor& values_SCKE, const std::vector<int64_t>& cu_seqlens,
                                      const std::vector<int64_t>& slots, const std::vector<int64_t>& past) {
  std::vector<at::Tensor> parts;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t first = cu_seqlens[s], length = cu_seqlens[s + 1] - first, total = past[s] + length;
    parts.push_back(attend(q_NHE.narrow(0, first, length), keys_SCKE[slots[s]].narrow(0, 0, total),
                           values_SCKE[slots[s]].narrow(0, 0, total)));
  }
  return at::cat(parts);
}

at::Tensor packed_attention(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                            const std::vector<int64_t>& cu_seqlens) {
  return packed_attention_reference(q_NHE, k_NKE, v_NKE, cu_seqlens);
}

at::Tensor cached_attention(const at::Tensor& q_NHE, const at::Tensor& keys_SCKE,
                            const at::Tensor& values_SCKE, const std::vector<int64_t>& cu_seqlens,
                            const std::vector<int64_t>& slots, const std::vector<int64_t>& past) {
  return cached_attention_reference(q_NHE, keys_SCKE, values_SCKE, cu_seqlens, slots, past);
}

}  // namespace evergreen::kernels
