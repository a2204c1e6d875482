#include "evergreen/generate/prefix_order.hpp"

#include <algorithm>
#include <numeric>

namespace evergreen {

PrefixOrder prefix_order(const std::vector<std::span<const int32_t>>& sequences,
                         const std::vector<int64_t>& most, const std::vector<int64_t>& length) {
  std::vector<size_t> sorted(sequences.size());
  std::iota(sorted.begin(), sorted.end(), size_t{0});
  std::stable_sort(sorted.begin(), sorted.end(), [&](size_t a, size_t b) {
    return std::lexicographical_compare(sequences[a].begin(), sequences[a].end(), sequences[b].begin(),
                                        sequences[b].end());
  });
  PrefixOrder result{{}, std::vector<int64_t>(sequences.size(), 0)};
  struct Group {
    size_t first, last;
    int64_t longest;
  };
  std::vector<Group> groups;
  for (size_t i = 0; i < sorted.size(); ++i) {
    int64_t shared = 0;
    if (i > 0) {
      const std::span<const int32_t> before = sequences[sorted[i - 1]], now = sequences[sorted[i]];
      shared = std::mismatch(before.begin(), before.end(), now.begin(), now.end()).second - now.begin();
      shared = std::min(shared, most[sorted[i]]);
    }
    if (shared < kWorthSharing) {
      shared = 0;
      groups.push_back({i, i, 0});
    }
    result.shared[sorted[i]] = shared;
    groups.back().last = i + 1;
    groups.back().longest = std::max(groups.back().longest, length[sorted[i]]);
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.longest > b.longest; });
  for (const Group& group : groups)
    result.order.insert(result.order.end(), sorted.begin() + static_cast<int64_t>(group.first),
                        sorted.begin() + static_cast<int64_t>(group.last));
  return result;
}

}  // namespace evergreen
