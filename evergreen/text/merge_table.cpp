#include "evergreen/text/merge_table.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace evergreen {

void MergeTable::reserve(size_t rules) {
  merged_.reserve(rules);
  const size_t size = std::bit_ceil(std::max<size_t>(64, rules + rules / 2));
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size));
  shift_ = 64 - std::countr_zero(size);
  for (const Slot& slot : old) {
    if (slot.rank != kNoRank) slots_[slot_of(slot.left, slot.right)] = slot;
  }
}

void MergeTable::add(int32_t left, int32_t right, int32_t merged) {
  if (slots_.size() * 2 < (merged_.size() + 1) * 3) reserve(2 * (merged_.size() + 1));
  slots_[slot_of(left, right)] = {left, right, static_cast<uint32_t>(merged_.size()), merged};
  merged_.push_back(merged);
}

}  // namespace evergreen
