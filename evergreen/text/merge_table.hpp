// The merge rules of byte-pair encoding: from a pair of token ids to the rank of its rule and the id it makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evergreen {

class MergeTable {
 public:
  static constexpr uint32_t kNoRank = ~uint32_t{0};
  struct Rule {
    uint32_t rank = kNoRank;
    int32_t merged = -1;
    bool exists() const { return rank != kNoRank; }
  };

  void reserve(size_t rules);
  // Ranks are 0, 1, 2 ... in the order of calls; a later rule for the same pair replaces the earlier one.
  void add(int32_t left, int32_t right, int32_t merged);
  Rule find(int32_t left, int32_t right) const {
    if (slots_.empty()) return {};
    const Slot& slot = slots_[slot_of(left, right)];
    return {slot.rank, slot.merged};
  }
  void prefetch(int32_t left, int32_t right) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home_of(left, right)]);
  }
  int32_t merged_by(uint32_t rank) const { return merged_[rank]; }
  size_t size() const { return merged_.size(); }

 private:
  struct Slot {
    int32_t left = -1, right = -1;
    uint32_t rank = kNoRank;
    int32_t merged = -1;
  };
  size_t home_of(int32_t left, int32_t right) const {
    const uint64_t pair =
        (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) | static_cast<uint32_t>(right);
    return (pair * 0x9E3779B97F4A7C15u) >> shift_;
  }
  size_t slot_of(int32_t left, int32_t right) const {
    size_t i = home_of(left, right);
    while (slots_[i].rank != kNoRank && (slots_[i].left != left || slots_[i].right != right))
      i = (i + 1) & (slots_.size() - 1);
    return i;
  }
  std::vector<Slot> slots_;  // a power of two, at most two thirds full
  std::vector<int32_t> merged_;
  int shift_ = 64;
};

}  // namespace evergreen
