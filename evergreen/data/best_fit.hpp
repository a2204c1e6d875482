// Bin packing, best fit decreasing: items by falling length, each into the bin whose free space is the least that holds it
// (the bin opened first of equal ones), else into a new one. At most 11/9 of the fewest bins and 4 more (Johnson 1973).
#pragma once

#include <cstdint>
#include <vector>

namespace evergreen {

// Items of each bin, by index. Lengths are above 0 and at most `capacity`. n log n.
std::vector<std::vector<uint32_t>> best_fit_decreasing(const std::vector<int64_t>& lengths, int64_t capacity);

}  // namespace evergreen
