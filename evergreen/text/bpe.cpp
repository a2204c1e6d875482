#include "evergreen/text/bpe.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

using Symbol = BpeScratch::Symbol;

// The first symbols of a word: one for each character that the vocabulary has, or what stands for it.
class SymbolReader {
 public:
  SymbolReader(const Bpe& bpe, std::vector<Symbol>& symbols) : bpe_(bpe), symbols_(symbols) {}

  void read(std::string_view word) {
    symbols_.clear();
    for (size_t at = 0; at < word.size();) {
      const size_t end = next_character(word, at);
      const std::string_view character = word.substr(at, end - at);
      const int32_t id = find(character, at == 0, end == word.size());
      if (id >= 0) {
        flush_unknown();
        put(id, character.size());
      } else if (!bpe_.byte_fallback || !fall_back(character, at == 0, end == word.size())) {
        add_unknown(character.size());
      }
      at = end;
    }
    flush_unknown();
  }

 private:
  std::string affixed(std::string_view character, bool first, bool last) const {
    std::string token = first ? "" : bpe_.continuing_prefix;
    token += character;
    if (last) token += bpe_.end_suffix;
    return token;
  }

  int32_t find(std::string_view character, bool first, bool last) const {
    if (bpe_.continuing_prefix.empty() && bpe_.end_suffix.empty()) return bpe_.id_of(character);
    return bpe_.id_of(affixed(character, first, last));
  }

  // The reference does not put out an unknown token that waits before the bytes: it comes behind them.
  bool fall_back(std::string_view character, bool first, bool last) {
    const size_t before = symbols_.size();
    for (const char byte : affixed(character, first, last)) {
      const int32_t id = bpe_.id_of(fmt::format("<0x{:02X}>", static_cast<uint8_t>(byte)));
      if (id < 0) {
        symbols_.resize(before);
        return false;
      }
      put(id, 1);
    }
    return true;
  }

  void add_unknown(size_t bytes) {
    if (bpe_.unknown_id < 0) return;
    if (unknown_bytes_ > 0 && !bpe_.fuse_unknown) flush_unknown();
    unknown_bytes_ += bytes;
  }

  void flush_unknown() {
    if (unknown_bytes_ > 0) put(bpe_.unknown_id, unknown_bytes_);
    unknown_bytes_ = 0;
  }

  void put(int32_t id, size_t bytes) { symbols_.push_back({id, -1, -1, static_cast<uint32_t>(bytes), {}}); }

  const Bpe& bpe_;
  std::vector<Symbol>& symbols_;
  size_t unknown_bytes_ = 0;
};

uint64_t candidate(uint32_t rank, int32_t position) {
  return (uint64_t{rank} << 32) | static_cast<uint32_t>(position);
}

}  // namespace

// Symbols form a linked list. A candidate on the heap counts only while the pair at its place still makes what its rule
// makes; the reference asks just that, and where an unknown token takes part in rules it matters.
void merge_symbols(const MergeTable& merges, BpeScratch& scratch, std::vector<BpeToken>& out) {
  std::vector<Symbol>& symbols = scratch.symbols;
  std::vector<uint64_t>& heap = scratch.heap;
  if (symbols.empty()) return;
  heap.clear();
  const auto count = static_cast<int32_t>(symbols.size());
  for (int32_t i = 0; i < count; ++i) {
    symbols[i].previous = i - 1;
    symbols[i].next = i + 1 < count ? i + 1 : -1;
    symbols[i].rule = i + 1 < count ? merges.find(symbols[i].id, symbols[i + 1].id) : MergeTable::Rule{};
    if (symbols[i].rule.exists()) heap.push_back(candidate(symbols[i].rule.rank, i));
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  const auto propose = [&](int32_t left) {
    Symbol& symbol = symbols[left];
    symbol.rule = symbol.next >= 0 ? merges.find(symbol.id, symbols[symbol.next].id) : MergeTable::Rule{};
    if (!symbol.rule.exists()) return;
    heap.push_back(candidate(symbol.rule.rank, left));
    std::push_heap(heap.begin(), heap.end(), std::greater<>());
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const auto position = static_cast<int32_t>(heap.back() & 0xFFFFFFFF);
    const auto rank = static_cast<uint32_t>(heap.back() >> 32);
    heap.pop_back();
    Symbol& left = symbols[position];
    if (left.id < 0 || !left.rule.exists() || left.rule.merged != merges.merged_by(rank)) continue;
    Symbol& right = symbols[left.next];
    left.id = left.rule.merged;
    left.bytes += right.bytes;
    left.next = right.next;
    right.id = -1;
    if (left.next >= 0) symbols[left.next].previous = position;
    if (left.previous >= 0) propose(left.previous);
    propose(position);
  }
  for (int32_t i = 0; i >= 0; i = symbols[i].next) out.push_back({symbols[i].id, symbols[i].bytes});
}

void Bpe::encode(std::string_view word, BpeScratch& scratch, std::vector<BpeToken>& out) const {
  if (ignore_merges) {
    if (const int32_t id = id_of(word); id >= 0) {
      out.push_back({id, static_cast<uint32_t>(word.size())});
      return;
    }
  }
  merge(word, scratch, out);
}

void Bpe::merge(std::string_view word, BpeScratch& scratch, std::vector<BpeToken>& out) const {
  SymbolReader(*this, scratch.symbols).read(word);
  merge_symbols(merges, scratch, out);
}

}  // namespace evergreen
