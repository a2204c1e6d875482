// Many byte strings in one block of memory, each found by its number or by its content.
//
// A table with open addressing: what a tokenizer asks for once per word must not chase pointers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

class ByteStrings {
 public:
  static constexpr int32_t kNone = -1;

  void reserve(size_t strings, size_t bytes);
  // Adds a string; returns its number, counted from 0, or kNone where it is in the table already.
  int32_t add(std::string_view bytes) { return add(bytes, hash_of(bytes)); }
  int32_t find(std::string_view bytes) const {
    return find(bytes, hash_of(bytes));
  }  // kNone: not in the table

  // The same in steps, for many strings at a time: what is fetched early is not waited for.
  static uint32_t hash_of(std::string_view bytes);
  int32_t add(std::string_view bytes, uint32_t hash);
  int32_t find(std::string_view bytes, uint32_t hash) const {
    return slots_.empty() ? kNone : slots_[slot_of(hash, bytes)].number;
  }
  void prefetch_slot(uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  void prefetch_bytes(uint32_t hash) const {  // once the slot is here
    if (!slots_.empty()) __builtin_prefetch(pool_.data() + slots_[hash & (slots_.size() - 1)].begin);
  }

  std::string_view at(int32_t number) const {
    return {pool_.data() + begins_[number], static_cast<size_t>(begins_[number + 1] - begins_[number])};
  }
  int32_t size() const { return static_cast<int32_t>(begins_.size()) - 1; }

 private:
  struct Slot {
    uint32_t hash = 0;
    int32_t number = kNone;
    uint32_t begin = 0, size = 0;  // in pool_
  };
  void grow(size_t slots);
  // Where the string is, or the free slot where it belongs.
  size_t slot_of(uint32_t hash, std::string_view bytes) const;

  std::string pool_;  // at most 4 GB
  std::vector<uint32_t> begins_ = {0};
  std::vector<Slot> slots_;  // a power of two, at most half full
};

}  // namespace evergreen
