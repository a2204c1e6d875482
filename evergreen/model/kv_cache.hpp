// Keys and values of past tokens in a pool of pages: a sequence takes pages as it needs, and sequences that begin alike share them.
//
// Shapes    per layer: keys and values [pages, page_tokens, K, E]. A slot is a sequence: its pages in order, and how many tokens
//           are in them.
// Sharing   a slot may begin as the first tokens of another: whole pages are shared and counted, a begun page is copied during
//           the slot's first forward pass (so what it is copied from may be fed in that same pass). No one writes into a shared page.
// Memory    2 x layers x pages x page_tokens x K x E elements, taken at construction (page_bytes() each). Layers may lie on several
//           devices: neighbours on the same one are one piece.
// Errors    Error{internal} where the pool is empty or a slot's pages are full: callers count free_pages() first.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

class KvCache {
 public:
  static constexpr int64_t kPageTokens = 16;
  static int64_t pages_of(int64_t tokens) { return (tokens + kPageTokens - 1) / kPageTokens; }
  static int64_t page_bytes(const ModelConfig& config, size_t element_bytes);

  KvCache(const ModelConfig& config, int64_t slots, int64_t pages, at::TensorOptions options);
  KvCache(const ModelConfig& config, int64_t slots, int64_t pages, at::ScalarType type,
          const std::vector<at::Device>& of_layers);

  int64_t slots() const { return static_cast<int64_t>(slots_.size()); }
  int64_t free_pages() const { return static_cast<int64_t>(free_.size()); }
  int64_t length(int64_t slot) const { return slot_of(slot).length; }
  const std::vector<int32_t>& pages(int64_t slot) const { return slot_of(slot).pages; }

  // Pages that make room for `tokens` tokens in all.
  void reserve(int64_t slot, int64_t tokens);
  // How many pages reserve() would take, after share().
  int64_t missing_pages(int64_t slot, int64_t tokens) const;
  // The empty `slot` begins as the first `tokens` of `from`, which may be fed as late as in the next pass that feeds `slot`.
  void share(int64_t slot, int64_t from, int64_t tokens);
  // `slot` holds the pages of the first `tokens` of `from`, so that others can share() them when `from` is gone. It is never fed.
  void keep(int64_t slot, int64_t from, int64_t tokens);
  void release(int64_t slot);

  // After the new tokens of a layer have been written to its pools, before its attention: the begun pages that these slots share.
  void copy_begun_pages(int64_t layer, const std::vector<int64_t>& slots);
  void advance(int64_t slot, int64_t tokens);  // after the last layer: the new tokens count as past

  // The pool of a layer, [pages, page_tokens, K, E], contiguous: token t of a slot is token t % page_tokens of page pages(slot)[t / page_tokens].
  const at::Tensor& layer_keys(int64_t layer) const { return keys_.at(static_cast<size_t>(layer)); }
  const at::Tensor& layer_values(int64_t layer) const { return values_.at(static_cast<size_t>(layer)); }
  // Error{internal} unless `tokens` fit behind `past` tokens of the slot.
  void require_room(int64_t slot, int64_t past, int64_t tokens) const;

 private:
  struct Slot {
    std::vector<int32_t> pages;
    int64_t length = 0;
    int32_t copied_from = -1;  // the page that its begun page is a copy of; -1: nothing is to be copied
    int64_t copied_page = 0;   // index into pages
    int64_t copied_tokens = 0;
  };
  const Slot& slot_of(int64_t slot) const { return slots_.at(static_cast<size_t>(slot)); }
  Slot& slot_of(int64_t slot) { return slots_.at(static_cast<size_t>(slot)); }
  int32_t take_page();
  void drop_page(int32_t page);

  std::vector<Slot> slots_;
  std::vector<int32_t> free_, holders_;  // holders_: of each page
  std::vector<at::Tensor> keys_, values_;
};

}  // namespace evergreen
