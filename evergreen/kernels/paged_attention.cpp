#include "evergreen/kernels/paged_attention.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "evergreen/kernels/attention.hpp"
#include "evergreen/kernels/gpu.hpp"

namespace evergreen::kernels {
namespace {

// All that the kernel needs to know of the sequences, in one piece of memory: it is sent to the device once.
cuda::PageTable page_table(const PagedSequences& sequences, at::Device device) {
  size_t most = 0;
  for (const std::vector<int32_t>& pages : sequences.pages) most = std::max(most, pages.size());
  const auto tokens = sequences.cu_seqlens.back();
  std::vector<int32_t> words;
  for (size_t s = 0; s < sequences.count(); ++s) {
    words.insert(words.end(), sequences.pages[s].begin(), sequences.pages[s].end());
    words.resize((s + 1) * most, -1);
  }
  for (size_t s = 0; s < sequences.count(); ++s)
    words.resize(words.size() + static_cast<size_t>(sequences.cu_seqlens[s + 1] - sequences.cu_seqlens[s]),
                 static_cast<int32_t>(s));
  for (size_t s = 0; s < sequences.count(); ++s) {
    for (int64_t key = sequences.past[s]; key < sequences.keys(s); ++key)
      words.push_back(static_cast<int32_t>(key + 1));
  }
  const at::Tensor all = at::tensor(words, at::kInt).to(device);
  const auto rows = static_cast<int64_t>(sequences.count()), columns = static_cast<int64_t>(most);
  return {all.narrow(0, 0, rows * columns).view({rows, columns}), all.narrow(0, rows * columns, tokens),
          all.narrow(0, rows * columns + tokens, tokens)};
}

at::Tensor gathered(const at::Tensor& pool_PTKE, const std::vector<int32_t>& pages, int64_t tokens) {
  const int64_t page_tokens = pool_PTKE.size(1), count = (tokens + page_tokens - 1) / page_tokens;
  const at::Tensor index = at::tensor(pages, at::kInt).narrow(0, 0, count).to(pool_PTKE.device());
  return pool_PTKE.index({index}).flatten(0, 1).narrow(0, 0, tokens);
}

}  // namespace

at::Tensor places_of_new_tokens(const PagedSequences& sequences, int64_t page_tokens, at::Device device) {
  std::vector<int64_t> places;
  for (size_t s = 0; s < sequences.count(); ++s) {
    for (int64_t at = sequences.past[s]; at < sequences.keys(s); ++at)
      places.push_back(sequences.pages[s].at(static_cast<size_t>(at / page_tokens)) * page_tokens +
                       at % page_tokens);
  }
  return at::tensor(places, at::kLong).to(device);
}

at::Tensor paged_attention_reference(const at::Tensor& q_NHE, const at::Tensor& keys_PTKE,
                                     const at::Tensor& values_PTKE, const PagedSequences& sequences) {
  std::vector<at::Tensor> keys, values;
  for (size_t s = 0; s < sequences.count(); ++s) {
    keys.push_back(gathered(keys_PTKE, sequences.pages[s], sequences.keys(s)));
    values.push_back(gathered(values_PTKE, sequences.pages[s], sequences.keys(s)));
  }
  return cached_attention_reference(q_NHE, keys, values, sequences.cu_seqlens);
}

at::Tensor paged_attention(const at::Tensor& q_NHE, const at::Tensor& keys_PTKE,
                           const at::Tensor& values_PTKE, const PagedSequences& sequences) {
  const bool fused = on_gpu({q_NHE, keys_PTKE, values_PTKE}) &&
                     gpu_operations()->has_paged_attention(q_NHE.size(1), keys_PTKE.size(2), q_NHE.size(2));
  if (!fused) return paged_attention_reference(q_NHE, keys_PTKE, values_PTKE, sequences);
  return gpu_operations()->paged_attention(q_NHE, keys_PTKE, values_PTKE,
                                           page_table(sequences, q_NHE.device()));
}

}  // namespace evergreen::kernels
