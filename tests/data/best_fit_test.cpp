#include "evergreen/data/best_fit.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"

namespace evergreen {

TEST(BestFit, ItemsGoWhereTheyLeaveTheLeast) {
  using Bins = std::vector<std::vector<uint32_t>>;
  EXPECT_EQ(best_fit_decreasing({3, 7, 6, 4, 3}, 10), (Bins{{1, 0}, {2, 3}, {4}}));
  EXPECT_EQ(best_fit_decreasing({10, 10}, 10), (Bins{{0}, {1}}));
  EXPECT_EQ(best_fit_decreasing({}, 10), Bins{});
}

TEST(BestFit, RandomItemsAreAllPackedOnceNearlyFull) {
  RandomStream stream(1, "best fit");
  for (int round = 0; round < 20; ++round) {
    std::vector<int64_t> lengths;
    for (int i = 0; i < 2000; ++i)
      lengths.push_back(1 + static_cast<int64_t>(stream.below(round < 10 ? 2048 : 500)));
    const auto bins = best_fit_decreasing(lengths, 2048);
    std::vector<int> seen(lengths.size());
    for (const auto& bin : bins) {
      int64_t used = 0;
      for (const uint32_t item : bin) used += lengths[item], ++seen[item];
      EXPECT_LE(used, 2048);
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 2000);
    const int64_t total = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
    const int64_t least = (total + 2047) / 2048;
    EXPECT_LE(static_cast<int64_t>(bins.size()), least + least / 10 + 1);
    EXPECT_EQ(best_fit_decreasing(lengths, 2048), bins);
  }
}

}  // namespace evergreen
