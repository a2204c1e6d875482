// A byte-level vocabulary as encoding asks for it: which token is this word, given as bytes?
//
// Words of up to 15 bytes are looked up as a number of 128 bits, their length in the last byte: one hash, one compare.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "evergreen/text/bpe.hpp"

namespace evergreen {

struct WordKey {
  static constexpr size_t kMaxBytes = 15;
  uint64_t low = 0, high = 0;  // high == 0: no word

  // The word of n bytes at `at`, 1 <= n <= 15; up to `end` memory may be read.
  static WordKey load(const char* at, size_t n, const char* end) {
    WordKey key;
    if (end - at >= 16) {
      std::memcpy(&key.low, at, 8);
      std::memcpy(&key.high, at + 8, 8);
      key.low &= n >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * n)) - 1;
      key.high &= n <= 8 ? 0 : (uint64_t{1} << (8 * (n - 8))) - 1;
    } else {
      char bytes[16] = {};
      std::memcpy(bytes, at, n);
      std::memcpy(&key.low, bytes, 8);
      std::memcpy(&key.high, bytes + 8, 8);
    }
    key.high |= uint64_t{n} << 56;
    return key;
  }
  bool operator==(const WordKey& other) const { return low == other.low && high == other.high; }
  // All bits take part; the upper ones are the good ones.
  uint64_t hash() const { return (low ^ (high * 0x9E3779B97F4A7C15u) ^ (high >> 29)) * 0xD6E8FEB86659FD93u; }
};
static_assert(std::endian::native == std::endian::little,
              "the length of a word lies in the last byte of its key");

class ByteVocabulary {
 public:
  // Tokens that are not written in the alphabet of byte_level.hpp can be no word and are left out.
  explicit ByteVocabulary(const Bpe& bpe);

  int32_t find(const WordKey& key) const {  // -1: no token
    for (size_t i = key.hash() >> shift_;; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].key == key) return slots_[i].id;
      if (slots_[i].id < 0) return -1;
    }
  }
  int32_t find_long(std::string_view word) const {  // longer than WordKey::kMaxBytes
    if (word.size() > longest_) return -1;
    const int32_t number = long_words_.find(word);
    return number < 0 ? -1 : long_ids_[number];
  }
  int32_t id_of_byte(uint8_t byte) const { return byte_ids_[byte]; }  // -1: not in the vocabulary
  bool has_all_bytes() const { return has_all_bytes_; }
  MergeTable::Rule rule_of_bytes(uint8_t left, uint8_t right) const { return pairs_[left << 8 | right]; }

  // Whether the rules make just this token of a word that equals it: found out once, when it is first asked for.
  enum class Whole : uint8_t { unknown, yes, no };
  std::atomic<Whole>& whole(int32_t id) const { return whole_[id]; }

 private:
  struct Slot {
    WordKey key;
    int32_t id = -1;
  };
  struct Waiting {  // while the table is filled
    std::array<Slot, 16> slots;
    size_t next = 0;
  };
  void add(std::string_view bytes, int32_t id, Waiting& waiting);
  void put(const Slot& slot);

  std::vector<Slot> slots_;  // a power of two, at most half full
  int shift_ = 64;
  ByteStrings long_words_;
  std::vector<int32_t> long_ids_;
  size_t longest_ = 0;
  std::array<int32_t, 256> byte_ids_;
  bool has_all_bytes_ = false;
  std::vector<MergeTable::Rule> pairs_;
  std::unique_ptr<std::atomic<Whole>[]> whole_;
};

}  // namespace evergreen
