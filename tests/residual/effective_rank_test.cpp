#include "evergreen/residual/effective_rank.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

using Formula = std::function<double(uint64_t row, uint64_t column)>;

EffectiveRank rank_of(uint64_t rows, uint64_t columns, const Formula& formula,
                      const RankSample& sample = {}) {
  const auto read = [&](uint64_t row, uint64_t first, std::span<double> out) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = formula(row, first + i);
  };
  return effective_rank(rows, columns, read, sample, "w");
}

double noise(uint64_t row, uint64_t column) {
  return RandomStream(7, "noise", row * 100'000 + column).normal();
}

}  // namespace

TEST(EffectiveRank, IsTheExponentOfTheEntropyOfTheSingularValues) {
  // Singular values 4, 2, 1, 1: p = 1/2, 1/4, 1/8, 1/8, entropy 7/4 bits.
  const std::vector<double> diagonal = {4, 2, 1, 1};
  const EffectiveRank rank =
      rank_of(4, 4, [&](uint64_t row, uint64_t column) { return row == column ? diagonal[row] : 0.0; });
  EXPECT_NEAR(rank.value, std::exp2(1.75), 1e-12);
  EXPECT_EQ(rank.limit, 4U);
}

TEST(EffectiveRank, OfARankThatIsKnownIsThatRank) {
  for (const uint64_t r : {1, 2, 5, 32}) {  // rows are r orthogonal vectors in turn: r equal singular values
    const EffectiveRank rank = rank_of(160, 300, [&](uint64_t row, uint64_t column) {
      return std::cos(0.01047197551196597746 * static_cast<double>((row % r + 1) * (2 * column + 1)) / 2);
    });
    EXPECT_NEAR(rank.value, static_cast<double>(r), 0.02) << r;
    EXPECT_EQ(rank.limit, 160U);
  }
  EXPECT_NEAR(rank_of(64, 64, [](uint64_t i, uint64_t j) { return i == j ? -3.0 : 0.0; }).value, 64, 1e-9);
}

TEST(EffectiveRank, ASampleOfTheRowsShowsALowRank) {
  const auto low = [](uint64_t row, uint64_t column) {  // rank 3 with random weights
    double value = 0;
    for (uint64_t k = 0; k < 3; ++k) value += noise(row, k) * noise(1'000'000 + k, column);
    return value;
  };
  const EffectiveRank sampled = rank_of(600, 80, low, {.rows = 100}),
                      whole = rank_of(600, 80, low, {.rows = 600});
  EXPECT_EQ(sampled.limit, 80U);
  EXPECT_LT(sampled.value, 3.001);
  EXPECT_NEAR(sampled.value, whole.value, 0.1);
  const EffectiveRank full = rank_of(600, 80, noise, {.rows = 40});
  EXPECT_EQ(full.limit, 40U);
  EXPECT_GT(full.share(), 0.9);
}

TEST(EffectiveRank, MatricesWiderThanAStripeAreSeenWhole) {
  // The rows differ only in the last of 9000 columns.
  const auto wide = [](uint64_t row, uint64_t column) {
    return column == 8999 ? (row == 0 ? 1.0 : -1.0) : 0.0;
  };
  EXPECT_NEAR(rank_of(2, 9000, wide).value, 1, 1e-9);
  const auto two = [](uint64_t row, uint64_t column) {
    return column == (row == 0 ? 0U : 8999U) ? 1.0 : 0.0;
  };
  EXPECT_NEAR(rank_of(2, 9000, two).value, 2, 1e-9);
}

TEST(EffectiveRank, OfNothingIsNothing) {
  const EffectiveRank zero = rank_of(10, 10, [](uint64_t, uint64_t) { return 0.0; });
  EXPECT_EQ(zero.value, 0);
  EXPECT_EQ(zero.limit, 10U);
  EXPECT_EQ(zero.share(), 0);
  EXPECT_EQ(rank_of(0, 10, noise).limit, 0U);
}

TEST(EffectiveRank, TheSampleIsAFunctionOfSeedAndName) {
  const auto rows = sample_rows(1000, {.rows = 50, .seed = 3}, "a");
  EXPECT_EQ(rows.size(), 50U);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
  EXPECT_EQ(std::adjacent_find(rows.begin(), rows.end()), rows.end());
  EXPECT_LT(rows.back(), 1000U);
  EXPECT_EQ(rows, sample_rows(1000, {.rows = 50, .seed = 3}, "a"));
  EXPECT_NE(rows, sample_rows(1000, {.rows = 50, .seed = 4}, "a"));
  EXPECT_NE(rows, sample_rows(1000, {.rows = 50, .seed = 3}, "b"));
  EXPECT_EQ(sample_rows(3, {}, "a"), (std::vector<uint64_t>{0, 1, 2}));
}

}  // namespace evergreen
