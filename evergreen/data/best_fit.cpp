#include "evergreen/data/best_fit.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

namespace evergreen {

std::vector<std::vector<uint32_t>> best_fit_decreasing(const std::vector<int64_t>& lengths,
                                                       int64_t capacity) {
  std::vector<uint32_t> items(lengths.size());
  std::iota(items.begin(), items.end(), 0U);
  std::stable_sort(items.begin(), items.end(),
                   [&](uint32_t a, uint32_t b) { return lengths[a] > lengths[b]; });
  std::vector<std::vector<uint32_t>> bins;
  std::set<std::pair<int64_t, uint32_t>> open;  // free space, bin
  for (const uint32_t item : items) {
    const auto best = open.lower_bound({lengths[item], 0});
    int64_t free = capacity;
    auto bin = static_cast<uint32_t>(bins.size());
    if (best != open.end()) {
      std::tie(free, bin) = *best;
      open.erase(best);
    } else {
      bins.emplace_back();
    }
    bins[bin].push_back(item);
    if (free > lengths[item]) open.emplace(free - lengths[item], bin);
  }
  return bins;
}

}  // namespace evergreen
