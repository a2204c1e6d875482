#include "evergreen/model/kv_cache.hpp"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {

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
  keys_.at(l).select(0, slot).narrow(0, past, keys_NKE.size(0)).copy_(keys_NKE);
  values_.at(l).select(0, slot).narrow(0, past, values_NKE.size(0)).copy_(values_NKE);
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
