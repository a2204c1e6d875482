#include "evergreen/data/mix_order.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {

TEST(MixOrder, EveryBlockHoldsEachSourceByItsWeight) {
  MixOrder mix({0.95, 0.04, 0.01}, 7);
  std::vector<int64_t> next(3);
  int64_t runs = 0;
  size_t before = 9;
  for (int64_t row = 0; row < 3 * MixOrder::kBlockRows; ++row) {
    const MixedRow place = mix.at(row);
    EXPECT_EQ(place.row, next[place.source]++);  // a source's rows come in order, none twice, none left out
    runs += place.source != before ? 1 : 0;
    before = place.source;
  }
  EXPECT_EQ(next, (std::vector<int64_t>{3 * 3891, 3 * 164, 3 * 41}));
  EXPECT_GT(runs, 1000);  // not one source after the other
  EXPECT_NEAR(mix.share(0), 0.95, 1.0 / MixOrder::kBlockRows);
}

TEST(MixOrder, IsAFunctionOfSeedAndRow) {
  MixOrder a({1, 1}, 1), b({2, 2}, 1), c({1, 1}, 2);
  int64_t other = 0;
  for (int64_t row = 9999; row >= 0; row -= 7) {
    EXPECT_EQ(a.at(row).source, b.at(row).source);
    EXPECT_EQ(a.at(row).row, b.at(row).row);
    other += a.at(row).source != c.at(row).source ? 1 : 0;
  }
  EXPECT_GT(other, 500);
}

TEST(MixOrder, WeightsThatGiveNothingAreRefused) {
  test::expect_error(ErrorKind::usage, "not above 0", [] { MixOrder({1, 0}, 0); });
  test::expect_error(ErrorKind::usage, "not above 0", [] { MixOrder({1, -1}, 0); });
  test::expect_error(ErrorKind::usage, "gives no row", [] { MixOrder({1, 1e-6}, 0); });
}

}  // namespace evergreen
