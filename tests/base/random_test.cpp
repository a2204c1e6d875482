#include "evergreen/base/random.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace evergreen {

// Known answers of Philox4x32-10 from the kat_vectors file of Random123 1.14.
TEST(Random, PhiloxGivesThePublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, AStreamIsAFunctionOfSeedPurposeElementAndIndex) {
  RandomStream stream(1, "a", 2);
  const uint64_t first = stream.next(), second = stream.next();
  EXPECT_EQ(first, RandomStream(1, "a", 2).at(0));
  EXPECT_EQ(second, RandomStream(1, "a", 2).at(1));
  EXPECT_NE(first, RandomStream(2, "a", 2).at(0));
  EXPECT_NE(first, RandomStream(1, "b", 2).at(0));
  EXPECT_NE(first, RandomStream(1, "a", 3).at(0));
}

TEST(Random, NormalsHaveMeanZeroAndVarianceOne) {
  RandomStream stream(7, "normal");
  double sum = 0, squares = 0;
  constexpr int kCount = 200000;
  for (int i = 0; i < kCount; ++i) {
    const double x = stream.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kCount, 0.0, 0.01);
  EXPECT_NEAR(squares / kCount, 1.0, 0.02);
}

TEST(Random, APermutationHoldsEveryNumberOnce) {
  std::vector<uint32_t> order = random_permutation(1000, RandomStream(3, "shuffle"));
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
}

TEST(Random, ASubsetHoldsDifferentNumbersAndEveryNumberIsAsLikely) {
  std::vector<int> seen(10);
  for (uint64_t i = 0; i < 20'000; ++i) {
    const std::vector<uint64_t> chosen = random_subset(3, 10, RandomStream(5, "subset", i));
    ASSERT_EQ(chosen.size(), 3U);
    ASSERT_TRUE(chosen[0] < chosen[1] && chosen[1] < chosen[2] && chosen[2] < 10);
    for (const uint64_t number : chosen) ++seen[number];
  }
  for (const int count : seen) EXPECT_NEAR(count, 6000, 350) << "five standard deviations";
  EXPECT_EQ(random_subset(5, 3, RandomStream(5, "subset")), (std::vector<uint64_t>{0, 1, 2}));
  EXPECT_TRUE(random_subset(0, 3, RandomStream(5, "subset")).empty());
}

}  // namespace evergreen
