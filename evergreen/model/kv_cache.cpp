#include "evergreen/model/kv_cache.hpp"

#include <cstddef>
#include <cstring>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

// Plain copies where they will do: a pass over many short sequences would spend its time on views otherwise.
void copy_tokens(const at::Tensor& cache_CKE, int64_t past, const at::Tensor& new_NKE) {
  const int64_t row = new_NKE.size(1) * new_NKE.size(2);
  const bool rows_are_whole = new_NKE.stride(2) == 1 && new_NKE.stride(1) == new_NKE.size(2);
  if (!cache_CKE.is_cpu() || !new_NKE.is_cpu() || cache_CKE.scalar_type() != new_NKE.scalar_type() ||
      !rows_are_whole) {
    cache_CKE.narrow(0, past, new_NKE.size(0)).copy_(new_NKE);
    return;
  }
  const size_t bytes = static_cast<size_t>(row) * new_NKE.element_size();
  auto* to = static_cast<std::byte*>(cache_CKE.mutable_data_ptr()) + static_cast<size_t>(past) * bytes;
  const auto* from = static_cast<const std::byte*>(new_NKE.const_data_ptr());
  const size_t step = static_cast<size_t>(new_NKE.stride(0)) * new_NKE.element_size();
  for (int64_t n = 0; n < new_NKE.size(0); ++n)
    std::memcpy(to + static_cast<size_t>(n) * bytes, from + static_cast<size_t>(n) * step, bytes);
}

}  // namespace

KvCache::KvCache(const ModelConfig& config, int64_t slots, int64_t capacity, at::TensorOptions options)
    : capacity_(capacity), lengths_(static_cast<size_t>(slots), 0) {
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    keys_.push_back(at::empty({slots, capacity, config.num_kv_heads, config.head_dim}, options));
    values_.push_back(at::empty({slots, capacity, config.num_kv_heads, config.head_dim}, options));
  }
}

void KvCache::truncate(int64_t slot, int64_t length) {
  int64_t& now = lengths_.at(static_cast<size_t>(slot));
  if (length < 0 || length > now) {
    throw Error(ErrorKind::internal,
                fmt::format("slot {} of the cache holds {} tokens, asked to keep {}", slot, now, length));
  }
  now = length;
}

void KvCache::require_room(int64_t slot, int64_t past, int64_t tokens) const {
  if (slot < 0 || slot >= slots() || past < 0 || tokens < 0 || past + tokens > capacity_) {
    throw Error(ErrorKind::internal,
                fmt::format("slot {} of the cache ({} slots of {} tokens) cannot take {} tokens after {}",
                            slot, slots(), capacity_, tokens, past));
  }
}

void KvCache::append(int64_t layer, int64_t slot, int64_t past, const at::Tensor& keys_NKE,
                     const at::Tensor& values_NKE) {
  require_room(slot, past, keys_NKE.size(0));
  const auto l = static_cast<size_t>(layer);
  copy_tokens(keys_.at(l).select(0, slot), past, keys_NKE);
  copy_tokens(values_.at(l).select(0, slot), past, values_NKE);
}

void KvCache::advance(int64_t slot, int64_t tokens) {
  require_room(slot, length(slot), tokens);
  lengths_[static_cast<size_t>(slot)] += tokens;
}

at::Tensor KvCache::keys(int64_t layer, int64_t slot, int64_t length) const {
  return keys_.at(static_cast<size_t>(layer)).select(0, slot).narrow(0, 0, length);
}

at::Tensor KvCache::values(int64_t layer, int64_t slot, int64_t length) const {
  return values_.at(static_cast<size_t>(layer)).select(0, slot).narrow(0, 0, length);
}

}  // namespace evergreen
