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
  int32_t add(std::string_view bytes);
  int32_t find(std::string_view bytes) const;  // kNone where it is not in the table
  std::string_view at(int32_t number) const {
    return {pool_.data() + begins_[number], static_cast<size_t>(begins_[number + 1] - begins_[number])};
  }
  int32_t size() const { return static_cast<int32_t>(begins_.size()) - 1; }

 private:
  struct Slot {
    uint32_t hash = 0;
    int32_t number = kNone;
  };
  void grow(size_t slots);
  // Where the string is, or the free slot where it belongs.
  size_t slot_of(uint32_t hash, std::string_view bytes) const;

  std::string pool_;
  std::vector<uint64_t> begins_ = {0};
  std::vector<Slot> slots_;  // a power of two, at most half full
};

}  // namespace evergreen
