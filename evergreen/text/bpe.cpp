#include "evergreen/text/bpe.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace evergreen {
namespace {

constexpr size_t kScanLimit = 48;  // symbols; above it the heap is faster

uint64_t pair_key(int32_t left, int32_t right) {
  return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) | static_cast<uint32_t>(right);
}

using Symbols = std::vector<BpeScratch::Symbol>;

void start_symbols(const Bpe& bpe, std::string_view word, Symbols& symbols) {
  symbols.clear();
  bool last_unknown = false;
  for (const char byte : word) {
    int32_t id = bpe.byte_ids[static_cast<uint8_t>(byte)];
    const bool unknown = id < 0;
    if (unknown) {
      if (bpe.unknown_id < 0 || (last_unknown && bpe.fuse_unknown)) continue;
      id = bpe.unknown_id;
    }
    last_unknown = unknown;
    const auto at = static_cast<int32_t>(symbols.size());
    symbols.push_back({id, at - 1, at + 1, -1, -1});
  }
}

void set_rule(const MergeTable& merges, Symbols& symbols, size_t at) {
  const MergeTable::Rule rule = merges.find(symbols[at].id, symbols[at + 1].id);
  symbols[at].rank = rule.rank < 0 ? std::numeric_limits<int32_t>::max() : rule.rank;
  symbols[at].merged = rule.merged;
}

void merge_by_scan(const MergeTable& merges, Symbols& symbols) {
  for (size_t i = 0; i + 1 < symbols.size(); ++i) set_rule(merges, symbols, i);
  symbols.back().rank = std::numeric_limits<int32_t>::max();
  while (symbols.size() > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < symbols.size(); ++i) {
      if (symbols[i].rank < symbols[best].rank) best = i;
    }
    if (symbols[best].rank == std::numeric_limits<int32_t>::max()) return;
    symbols[best].id = symbols[best].merged;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    if (best + 1 < symbols.size()) {
      set_rule(merges, symbols, best);
    } else {
      symbols[best].rank = std::numeric_limits<int32_t>::max();
    }
    if (best > 0) set_rule(merges, symbols, best - 1);
  }
}

bool comes_later(const BpeScratch::Candidate& a, const BpeScratch::Candidate& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

// Symbols form a linked list; a merged-away one has id -1. Candidates that no longer fit are dropped when popped.
void merge_by_heap(const MergeTable& merges, BpeScratch& scratch) {
  Symbols& symbols = scratch.symbols;
  auto& heap = scratch.heap;
  heap.clear();
  symbols.back().next = -1;
  const auto propose = [&](int32_t left) {
    const MergeTable::Rule rule = merges.find(symbols[left].id, symbols[symbols[left].next].id);
    if (rule.rank < 0) return false;
    heap.push_back({rule.rank, left, rule.merged});
    return true;
  };
  for (int32_t i = 0; symbols[i].next >= 0; ++i) propose(i);
  std::make_heap(heap.begin(), heap.end(), comes_later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), comes_later);
    const BpeScratch::Candidate top = heap.back();
    heap.pop_back();
    BpeScratch::Symbol& left = symbols[top.position];
    if (left.id < 0 || left.next < 0) continue;
    BpeScratch::Symbol& right = symbols[left.next];
    if (merges.find(left.id, right.id).merged != top.merged) continue;
    left.id = top.merged;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols[left.next].previous = top.position;
    if (left.previous >= 0 && propose(left.previous)) std::push_heap(heap.begin(), heap.end(), comes_later);
    if (left.next >= 0 && propose(top.position)) std::push_heap(heap.begin(), heap.end(), comes_later);
  }
}

}  // namespace

void MergeTable::reserve(size_t rules) {
  size_t size = 64;
  while (size < 2 * rules) size *= 2;
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size));
  for (const Slot& slot : old) {
    if (slot.rule.rank >= 0) slots_[slot_of(slot.pair)] = slot;
  }
}

size_t MergeTable::slot_of(uint64_t pair) const {
  size_t i = (pair * 0x9E3779B97F4A7C15u) >> 20 & (slots_.size() - 1);
  while (slots_[i].rule.rank >= 0 && slots_[i].pair != pair) i = (i + 1) & (slots_.size() - 1);
  return i;
}

void MergeTable::set(int32_t left, int32_t right, Rule rule) {
  if (slots_.size() < 2 * (used_ + 1)) reserve(2 * (used_ + 1));
  Slot& slot = slots_[slot_of(pair_key(left, right))];
  used_ += slot.rule.rank < 0;
  slot = {pair_key(left, right), rule};
}

MergeTable::Rule MergeTable::find(int32_t left, int32_t right) const {
  return slots_.empty() ? Rule{} : slots_[slot_of(pair_key(left, right))].rule;
}

void Bpe::encode(std::string_view word, BpeScratch& scratch, std::vector<int32_t>& out) const {
  const int32_t number = tokens.find(word);
  if (number >= 0 && (ignore_merges || whole[number])) {
    out.push_back(token_ids[number]);
  } else {
    merge(word, scratch, out);
  }
}

void Bpe::merge(std::string_view word, BpeScratch& scratch, std::vector<int32_t>& out) const {
  start_symbols(*this, word, scratch.symbols);
  if (scratch.symbols.empty()) return;
  if (scratch.symbols.size() <= kScanLimit) {
    merge_by_scan(merges, scratch.symbols);
    for (const auto& symbol : scratch.symbols) out.push_back(symbol.id);
  } else {
    merge_by_heap(merges, scratch);
    for (int32_t i = 0; i >= 0; i = scratch.symbols[i].next) out.push_back(scratch.symbols[i].id);
  }
}

void Bpe::find_whole_tokens() {
  BpeScratch scratch;
  std::vector<int32_t> ids;
  whole.assign(tokens.size(), false);
  for (int32_t i = 0; i < tokens.size(); ++i) {
    ids.clear();
    merge(tokens.at(i), scratch, ids);
    whole[i] = ids.size() == 1 && ids[0] == token_ids[i];
  }
}

}  // namespace evergreen
