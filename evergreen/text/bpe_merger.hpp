// The heart of BPE training: words with counts in, merges out.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace evergreen {

struct BpeMerge {
  int32_t left = 0, right = 0;
};

struct BpeVocabulary {
  std::vector<std::string> tokens;  // in their written form, by id
  std::unordered_map<std::string, int32_t> ids;

  int32_t add(const std::string& token);  // the id of a token, new or known
};

struct CountedWord {
  std::vector<int32_t> symbols;
  int64_t count = 0;
};

// Joins pairs until `vocabulary` has `vocab_size` tokens or no pair is as frequent as `min_frequency`.
std::vector<BpeMerge> learn_merges(std::vector<CountedWord> words, BpeVocabulary& vocabulary,
                                   int32_t vocab_size, int64_t min_frequency);

}  // namespace evergreen
