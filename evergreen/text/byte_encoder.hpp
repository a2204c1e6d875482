// Ids of text with a byte-level vocabulary: the fast way.
//
//   text -> words, by a splitter written for the pattern -> cache of words -> vocabulary -> merges
//
// Numbers   the same ids as Bpe::encode on the words in ByteLevel's alphabet.
// Memory    read-only after load but for ByteVocabulary::whole; a ByteScratch belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <new>
#include <string_view>
#include <vector>

#include "evergreen/text/bpe.hpp"
#include "evergreen/text/byte_vocabulary.hpp"
#include "evergreen/text/splitters.hpp"

namespace evergreen {

template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kLine)); }
  void deallocate(T* p, size_t) { ::operator delete(p, kLine); }
  bool operator==(const AlignedAllocator&) const { return true; }
};

// What the encoder remembers of short words: up to four ids, their number in the upper byte of the first.
struct CachedWord {
  WordKey key;
  int32_t ids[4];
};

struct ByteScratch {
  static constexpr int kWordBits = 14;
  static constexpr size_t kIds = 1 << 14;
  // Two words for each hash, in one line of the processor's cache.
  std::vector<CachedWord, AlignedAllocator<CachedWord>> cache{size_t{1} << kWordBits};
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
