#include "evergreen/study/block_test.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"

namespace evergreen::study {

TEST(BlockTest, BlocksHaveTheSameWeightWhateverTheirItems) {
  const BlockDifference d = block_difference({{1, 1, 1, 1}, {0, 0}}, {{0, 0, 0, 0}, {0, 1}});
  EXPECT_DOUBLE_EQ(d.difference, (1.0 - 0.5) / 2);
  EXPECT_EQ(d.by_block, (std::vector<double>{1, -0.5}));
  EXPECT_EQ(d.items, 6U);
}

TEST(BlockTest, WithoutADifferenceThePValueIsOneAndTheIntervalIsAPoint) {
  const BlockDifference d = block_difference({{1, 0, 1}}, {{1, 0, 1}});
  EXPECT_EQ(d.p_value, 1);
  EXPECT_EQ(d.low, 0);
  EXPECT_EQ(d.high, 0);
}

TEST(BlockTest, ThePValueIsThatOfTheExactSignTest) {
  // Ten items that all differ by 1: both ends of 2^10 equally likely signs.
  const BlockDifference d = block_difference({BlockValues(10, 1.0)}, {BlockValues(10, 0.0)});
  EXPECT_NEAR(d.p_value, 2.0 / 1024, 0.001);
}

// Where nothing differs but by chance, p below 0.1 comes in a tenth of the cases, and 95 % intervals hold 0.
TEST(BlockTest, ItsErrorsAreAsOftenAsTheySay) {
  RandomStream stream(7, "test");
  int small = 0, covered = 0;
  constexpr int kTrials = 150;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<BlockValues> a(2), b(2);
    for (size_t block = 0; block < 2; ++block) {
      for (int i = 0; i < 40; ++i) a[block].push_back(stream.uniform()), b[block].push_back(stream.uniform());
    }
    const BlockDifference d = block_difference(a, b);
    small += d.p_value < 0.1 ? 1 : 0;
    covered += d.low <= 0 && d.high >= 0 ? 1 : 0;
  }
  EXPECT_NEAR(small / double(kTrials), 0.1, 0.075);  // three standard errors
  EXPECT_NEAR(covered / double(kTrials), 0.95, 0.06);
}

TEST(BlockTest, HolmMultipliesByWhatIsLeftAndNeverFalls) {
  const std::vector<double> adjusted = holm({0.04, 0.01, 0.03, 0.9});
  EXPECT_DOUBLE_EQ(adjusted[1], 0.04);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.09);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.09) << "2 x 0.04 would be less than the one before";
  EXPECT_DOUBLE_EQ(adjusted[3], 0.9);
  EXPECT_TRUE(holm({}).empty());
}

}  // namespace evergreen::study
