#include "evergreen/model/kv_cache.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/model/huge_pages.hpp"

namespace evergreen {

int64_t KvCache::page_bytes(const ModelConfig& config, size_t element_bytes) {
  return 2 * config.num_layers * kPageTokens * config.num_kv_heads * config.head_dim *
         static_cast<int64_t>(element_bytes);
}

KvCache::KvCache(const ModelConfig& config, int64_t slots, int64_t pages, at::TensorOptions options)
    : KvCache(config, slots, pages, c10::typeMetaToScalarType(options.dtype()),
              std::vector<at::Device>(static_cast<size_t>(config.num_layers), options.device())) {}

KvCache::KvCache(const ModelConfig& config, int64_t slots, int64_t pages, at::ScalarType type,
                 const std::vector<at::Device>& of_layers)
    : slots_(static_cast<size_t>(slots)), holders_(static_cast<size_t>(pages), 0) {
  for (int64_t page = pages; page-- > 0;) free_.push_back(static_cast<int32_t>(page));
  for (auto first = of_layers.begin(); first != of_layers.end();) {
    const auto last =
        std::find_if(first, of_layers.end(), [&](at::Device device) { return device != *first; });
    // One piece of memory, so that nearly all of it can be in huge pages.
    const at::Tensor all =
        at::empty({2 * (last - first), pages, kPageTokens, config.num_kv_heads, config.head_dim},
                  at::TensorOptions(*first).dtype(type));
    if (all.is_cpu()) prefer_huge_pages(all.mutable_data_ptr(), all.nbytes());
    for (int64_t layer = 0; layer < last - first; ++layer) {
      keys_.push_back(all.select(0, 2 * layer));
      values_.push_back(all.select(0, 2 * layer + 1));
    }
    first = last;
  }
}

int32_t KvCache::take_page() {
  if (free_.empty()) {
    throw Error(ErrorKind::internal, fmt::format("all {} pages of the cache are taken", holders_.size()));
  }
  const int32_t page = free_.back();
  free_.pop_back();
  holders_[static_cast<size_t>(page)] = 1;
  return page;
}

void KvCache::drop_page(int32_t page) {
  if (--holders_[static_cast<size_t>(page)] == 0) free_.push_back(page);
}

int64_t KvCache::missing_pages(int64_t slot, int64_t tokens) const {
  return std::max<int64_t>(0, pages_of(tokens) - static_cast<int64_t>(slot_of(slot).pages.size()));
}

void KvCache::reserve(int64_t slot, int64_t tokens) {
  for (int64_t missing = missing_pages(slot, tokens); missing > 0; --missing)
    slot_of(slot).pages.push_back(take_page());
}

void KvCache::share(int64_t slot, int64_t from, int64_t tokens) {
  Slot& to = slot_of(slot);
  const Slot& source = slot_of(from);
  if (!to.pages.empty() || tokens < 0 || pages_of(tokens) > static_cast<int64_t>(source.pages.size())) {
    throw Error(ErrorKind::internal,
                fmt::format("slot {} of the cache cannot begin as {} tokens of slot {}", slot, tokens, from));
  }
  const int64_t whole = tokens / kPageTokens;
  to.pages.assign(source.pages.begin(), source.pages.begin() + whole);
  for (const int32_t page : to.pages) ++holders_[static_cast<size_t>(page)];
  to.length = tokens;
  if (tokens == whole * kPageTokens) return;
  to.copied_from = source.pages[static_cast<size_t>(whole)];
  to.copied_page = whole;
  to.copied_tokens = tokens - whole * kPageTokens;
  // Where the source is still waiting for its own copy of that page, both are made in the same pass, the source's first.
  ++holders_[static_cast<size_t>(to.copied_from)];
  to.pages.push_back(take_page());
}

void KvCache::keep(int64_t slot, int64_t from, int64_t tokens) {
  const std::vector<int32_t> source = pages(from);
  if (pages_of(tokens) > static_cast<int64_t>(source.size())) {
    throw Error(ErrorKind::internal,
                fmt::format("slot {} of the cache has no {} tokens to keep", from, tokens));
  }
  std::vector<int32_t> kept(source.begin(), source.begin() + pages_of(tokens));
  for (const int32_t page : kept) ++holders_[static_cast<size_t>(page)];
  release(slot);
  slot_of(slot).pages = std::move(kept);
}

void KvCache::release(int64_t slot) {
  Slot& s = slot_of(slot);
  for (const int32_t page : s.pages) drop_page(page);
  if (s.copied_from >= 0) drop_page(s.copied_from);
  s = {};
}

void KvCache::require_room(int64_t slot, int64_t past, int64_t tokens) const {
  const bool known = slot >= 0 && slot < slots();
  const int64_t room = known ? static_cast<int64_t>(pages(slot).size()) * kPageTokens : 0;
  if (!known || past < 0 || tokens < 0 || past + tokens > room) {
    throw Error(ErrorKind::internal, fmt::format("slot {} of the cache (room for {} tokens) cannot take {} "
                                                 "tokens after {}",
                                                 slot, room, tokens, past));
  }
}

void KvCache::copy_begun_pages(int64_t layer, const std::vector<int64_t>& slots) {
  for (const int64_t slot : slots) {
    const Slot& s = slot_of(slot);
    if (s.copied_from < 0) continue;
    const int64_t page = s.pages[static_cast<size_t>(s.copied_page)];
    for (const at::Tensor* pool : {&layer_keys(layer), &layer_values(layer)}) {
      pool->select(0, page)
          .narrow(0, 0, s.copied_tokens)
          .copy_(pool->select(0, s.copied_from).narrow(0, 0, s.copied_tokens));
    }
  }
}

void KvCache::advance(int64_t slot, int64_t tokens) {
  require_room(slot, length(slot), tokens);
  Slot& s = slot_of(slot);
  s.length += tokens;
  if (s.copied_from >= 0) drop_page(s.copied_from);
  s.copied_from = -1;
}

}  // namespace evergreen
