// An order in which sequences that begin alike follow each other, so that what they share is computed once.
//
// In lexicographic order no earlier sequence shares more tokens with a sequence than the one right before it. Runs that share
// less than kWorthSharing tokens are groups of their own; the group with the longest sequence comes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evergreen {

struct PrefixOrder {
  std::vector<size_t> order;
  std::vector<int64_t> shared;  // by sequence: tokens in common with the one before it in `order`; 0: too few
};

inline constexpr int64_t kWorthSharing = 8;

// `most[i]`: tokens of sequence i that may be shared at most (there must be one left to feed). `length[i]`: what it takes in all.
PrefixOrder prefix_order(const std::vector<std::span<const int32_t>>& sequences,
                         const std::vector<int64_t>& most, const std::vector<int64_t>& length);

}  // namespace evergreen
