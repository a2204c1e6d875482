// Byte-pair encoding of one word: the merge rules, applied in order of their rank (Sennrich et al., arXiv 1508.07909).
//
// Numbers   of all adjacent pairs with a rule the one of lowest rank is merged, the leftmost where it occurs twice,
//           until no pair has a rule. Short words by a scan, long ones with a heap: n log n whatever the input.
// Memory    all tables are read-only after load; what a word needs lives in the caller's BpeScratch.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "evergreen/text/byte_strings.hpp"

namespace evergreen {

// From a pair of token ids to the rank of its rule and the id it makes.
class MergeTable {
 public:
  struct Rule {
    int32_t rank = -1;  // -1: no rule
    int32_t merged = -1;
  };
  void reserve(size_t rules);
  void set(int32_t left, int32_t right,
           Rule rule);  // a later rule for the same pair replaces the earlier one
  Rule find(int32_t left, int32_t right) const;

 private:
  struct Slot {
    uint64_t pair = ~uint64_t{0};
    Rule rule;
  };
  size_t slot_of(uint64_t pair) const;
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

struct BpeScratch {
  struct Symbol {
    int32_t id, previous, next, rank, merged;
  };
  struct Candidate {
    int32_t rank, position, merged;
  };
  std::vector<Symbol> symbols;
  std::vector<Candidate> heap;
};

struct Bpe {
  ByteStrings tokens;                 // the bytes of every token that has bytes
  std::vector<int32_t> token_ids;     // their ids, by number in `tokens`
  std::vector<bool> whole;            // whether a word that equals the token becomes just that token
  std::array<int32_t, 256> byte_ids;  // of single bytes; -1: not in the vocabulary
  MergeTable merges;
  int32_t unknown_id = -1;  // stands for bytes that are not in the vocabulary; -1: they vanish
  bool fuse_unknown = false;
  bool ignore_merges = false;  // a word that is a token becomes that token, whatever the rules say

  // Appends the ids of `word`, given as bytes.
  void encode(std::string_view word, BpeScratch& scratch, std::vector<int32_t>& out) const;
  // The same by the rules alone.
  void merge(std::string_view word, BpeScratch& scratch, std::vector<int32_t>& out) const;
  // Fills `whole`, once all else is set.
  void find_whole_tokens();
};

}  // namespace evergreen
