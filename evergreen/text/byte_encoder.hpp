// Ids of text with a byte-level vocabulary: the fast way.
//
//   text -> words, by a splitter written for the pattern -> cache of words -> vocabulary -> merges
//
// Numbers   the same ids as Bpe::encode on the words in ByteLevel's alphabet.
// Memory    read-only after load but for ByteVocabulary::whole; a ByteScratch belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "evergreen/text/bpe.hpp"
#include "evergreen/text/byte_vocabulary.hpp"
#include "evergreen/text/splitters.hpp"

namespace evergreen {

// What the encoder remembers of short words: up to four ids, their number in the upper byte of the first.
struct CachedWord {
  WordKey key;
  int32_t ids[4];
};

struct ByteScratch {
  static constexpr size_t kWords = 1 << 14, kIds = 1 << 14;
  std::vector<CachedWord> cache = std::vector<CachedWord>(kWords);
  std::vector<int32_t> ids = std::vector<int32_t>(kIds);
  BpeScratch bpe;
};

// How a text becomes words, where that is one of the ways known here.
struct WordPlan {
  KnownPattern pattern = KnownPattern::gpt2;
  bool each_digit = false;  // first every numeric character becomes a piece of its own (pre-tokenizer Digits)
};

class ByteEncoder {
 public:
  explicit ByteEncoder(const Bpe& bpe) : bpe_(bpe), vocabulary_(bpe) {}
  ByteEncoder(const ByteEncoder&) = delete;
  ByteEncoder& operator=(const ByteEncoder&) = delete;

  // Appends the ids of a well-formed text.
  void encode(const WordPlan& plan, std::string_view text, ByteScratch& scratch,
              std::vector<int32_t>& out) const;
  // Appends the ids of one word, not empty.
  void encode_word(std::string_view word, ByteScratch& scratch, std::vector<int32_t>& out) const;

 private:
  class Run;
  const Bpe& bpe_;
  ByteVocabulary vocabulary_;
};

}  // namespace evergreen
