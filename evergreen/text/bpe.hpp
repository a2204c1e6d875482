// Byte-pair encoding of one word: the merge rules, applied in order of their rank (Sennrich et al., arXiv 1508.07909).
//
// Numbers   of all adjacent pairs with a rule the one of lowest rank is merged, the leftmost where it occurs twice,
//           until no pair has a rule. Short words by a scan, long ones with a heap: n log n whatever the input.
// Memory    all tables are read-only after load; what a word needs lives in the caller's BpeScratch.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/byte_strings.hpp"
#include "evergreen/text/merge_table.hpp"

namespace evergreen {

// A token of a word, and how many of the word's bytes it stands for.
struct BpeToken {
  int32_t id = 0;
  uint32_t bytes = 0;
};

struct BpeScratch {
  struct Symbol {
    int32_t id, previous, next;  // id -1: merged away
    uint32_t bytes;
    MergeTable::Rule rule;  // of this symbol and the next
  };
  std::vector<Symbol> symbols;
  std::vector<uint64_t> heap;  // rank and position, the lowest on top
  std::vector<BpeToken> tokens;
};

struct Bpe {
  ByteStrings written;               // the tokens as the file writes them
  std::vector<int32_t> written_ids;  // by number in `written`
  MergeTable merges;
  int32_t unknown_id = -1;  // stands for characters that are not in the vocabulary; -1: they vanish
  bool fuse_unknown = false;
  bool ignore_merges = false;  // a word that is a token becomes that token, whatever the rules say
  bool byte_fallback = false;  // an unknown character becomes its bytes, as "<0x41>"
  std::string continuing_prefix = {}, end_suffix = {};  // of every character but the first; of the last

  int32_t id_of(std::string_view token) const {
    const int32_t number = written.find(token);
    return number < 0 ? -1 : written_ids[number];
  }
  // Appends the tokens of `word`, given as the vocabulary writes it.
  void encode(std::string_view word, BpeScratch& scratch, std::vector<BpeToken>& out) const;
  // The same by the rules alone.
  void merge(std::string_view word, BpeScratch& scratch, std::vector<BpeToken>& out) const;
};

// Merges scratch.symbols, whose ids and lengths are set; appends what is left.
void merge_symbols(const MergeTable& merges, BpeScratch& scratch, std::vector<BpeToken>& out);

}  // namespace evergreen
