#include "evergreen/eval/bootstrap.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

std::vector<MetricValue> coins(double share, size_t count, uint64_t seed) {
  RandomStream random(seed, "test");
  std::vector<MetricValue> values;
  for (size_t i = 0; i < count; ++i) values.push_back({random.uniform() < share ? 1.0 : 0.0, 1});
  return values;
}

TEST(Bootstrap, OfAMeanIsThatOfTheNormalDistribution) {
  const std::vector<MetricValue> values = coins(0.3, 2000, 1);
  const double mean = aggregate_values(values, Aggregation::mean),
               error = std::sqrt(mean * (1 - mean) / 2000);
  const Interval i = bootstrap_metric(values, Aggregation::mean, 1234, 4000);
  EXPECT_NEAR(i.low, mean - 1.96 * error, error / 8);
  EXPECT_NEAR(i.high, mean + 1.96 * error, error / 8);
  EXPECT_EQ(i, bootstrap_metric(values, Aggregation::mean, 1234, 4000));
}

TEST(Bootstrap, RatiosAndPerplexitiesAreAggregatedAnew) {
  const std::vector<MetricValue> values = {{-2, 1}, {-6, 3}, {-10, 5}};  // the same per word in each
  EXPECT_NEAR(aggregate_values(values, Aggregation::perplexity), std::exp(2.0), 1e-12);
  const Interval i = bootstrap_metric(values, Aggregation::perplexity, 1, 100);
  EXPECT_NEAR(i.low, std::exp(2.0), 1e-9);
  EXPECT_NEAR(i.high, std::exp(2.0), 1e-9);
  EXPECT_NEAR(aggregate_values(values, Aggregation::bits_per_byte), 2 / std::log(2.0), 1e-12);
  EXPECT_TRUE(std::isnan(bootstrap_metric(std::span(values).first(1), Aggregation::mean, 1, 10).low));
}

// The share of pairs without a difference for which a test at 5 % finds one.
TEST(Bootstrap, OfPairsFindsNoDifferenceWhereThereIsNone) {
  int found = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const PairedBootstrap b = paired_bootstrap(coins(0.6, 150, 2 * seed), coins(0.6, 150, 2 * seed + 1),
                                               Aggregation::mean, 1234, 400);
    found += b.p_value < 0.05;
    EXPECT_EQ(b.p_value<0.04, b.interval.low> 0 || b.interval.high < 0 ? b.p_value < 0.04 : false);
  }
  EXPECT_LE(found, 22);  // 10 expected
}

TEST(Bootstrap, OfPairsFindsOneWhereThereIs) {
  const std::vector<MetricValue> a = coins(0.8, 400, 1), b = coins(0.5, 400, 2);
  const PairedBootstrap difference = paired_bootstrap(a, b, Aggregation::mean, 1234, 1000);
  EXPECT_GT(difference.interval.low, 0.15);
  EXPECT_LE(difference.p_value, 2.0 / 1001 + 1e-12);
  test::expect_error(ErrorKind::usage, "400 values of one model, 1 of the other",
                     [&] { paired_bootstrap(a, std::span(b).first(1), Aggregation::mean, 1, 10); });
}

}  // namespace
}  // namespace evergreen
