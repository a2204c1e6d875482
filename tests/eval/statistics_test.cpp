#include "evergreen/eval/statistics.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

std::vector<double> repeated(std::initializer_list<std::pair<double, int>> counts) {
  std::vector<double> values;
  for (const auto& [value, count] : counts) values.insert(values.end(), static_cast<size_t>(count), value);
  return values;
}

}  // namespace

TEST(Statistics, TheErrorOfAMeanIsTheSampleDeviationOverRootN) {
  const Estimate e = mean_estimate(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_DOUBLE_EQ(e.value, 5);
  EXPECT_NEAR(e.standard_error, std::sqrt(32.0 / 7 / 8), 1e-12);
  EXPECT_TRUE(std::isnan(mean_estimate(std::vector<double>{3}).standard_error));
}

TEST(Statistics, ARatioWeighsItsItems) {
  const Estimate e = ratio_estimate(std::vector<double>{1, 3}, std::vector<double>{1, 1});
  EXPECT_DOUBLE_EQ(e.value, 2);
  EXPECT_DOUBLE_EQ(e.standard_error, 1);
  EXPECT_DOUBLE_EQ(ratio_estimate(std::vector<double>{1, 5}, std::vector<double>{1, 3}).value, 1.5);
  // Residuals 1 - 1.5 and 5 - 4.5: sqrt((0.25 + 0.25) * 2 / 1) / 4.
  EXPECT_DOUBLE_EQ(ratio_estimate(std::vector<double>{1, 5}, std::vector<double>{1, 3}).standard_error, 0.25);
}

// Table I of Newcombe (1998), Statistics in Medicine 17, 857-872, method 3.
TEST(Statistics, WilsonIntervalsAreThePublishedOnes) {
  const auto expect = [](double successes, double trials, double low, double high) {
    const Interval i = wilson_interval(successes, trials);
    EXPECT_NEAR(i.low, low, 5e-5);
    EXPECT_NEAR(i.high, high, 5e-5);
  };
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(0, 20, 0.0000, 0.1611);
  expect(1, 29, 0.0061, 0.1718);
}

TEST(Statistics, StudentsQuantilesAreThoseOfTheTables) {
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.706, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.303, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 10), 2.228, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.95, 30), 1.697, 5e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 1e9), 1.959964, 1e-6);
  EXPECT_NEAR(student_t_quantile(0.025, 10), -2.228, 5e-4);
}

// Altman, Machin, Bryant, Gardner (2000), Statistics with Confidence, table 6.2: 14, 5, 0, 22 pairs, 0.122 (0.011 to 0.226).
TEST(Statistics, PairedProportionsHaveNewcombesInterval) {
  const auto a = repeated({{1, 14}, {1, 5}, {0, 0}, {0, 22}}),
             b = repeated({{1, 14}, {0, 5}, {1, 0}, {0, 22}});
  const PairedDifference d = paired_difference(a, b);
  EXPECT_NEAR(d.difference, 5.0 / 41, 1e-12);
  EXPECT_NEAR(d.interval.low, 0.011, 5e-4);
  EXPECT_NEAR(d.interval.high, 0.226, 5e-4);
  EXPECT_NEAR(d.p_value, 2.0 / 32, 1e-12);  // five coins, all on one side
  const PairedDifference reversed = paired_difference(b, a);
  EXPECT_NEAR(reversed.interval.low, -d.interval.high, 1e-12);
}

TEST(Statistics, ArmsThatDifferOnEveryItemStillHaveAnInterval) {
  const std::vector<double> ones(50, 1.0), zeros(50, 0.0);
  const PairedDifference d = paired_difference(ones, zeros);
  EXPECT_EQ(d.difference, 1);
  EXPECT_GT(d.interval.low, 0.85);
  EXPECT_LT(d.interval.low, 0.95);
  EXPECT_NEAR(d.interval.high, 1, 1e-12);
  EXPECT_LT(d.p_value, 1e-12);
}

// Student (1908): hours of sleep gained by ten patients under two drugs; R's t.test(paired = TRUE) gives
// mean -1.58, interval -2.4598858 to -0.7001142, p 0.002833.
TEST(Statistics, PairedDifferencesAreStudentsOwn) {
  const std::vector<double> first = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
  const std::vector<double> second = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
  const PairedDifference d = paired_difference(first, second);
  EXPECT_NEAR(d.difference, -1.58, 1e-12);
  EXPECT_NEAR(d.interval.low, -2.4598858, 1e-6);
  EXPECT_NEAR(d.interval.high, -0.7001142, 1e-6);
  EXPECT_NEAR(d.p_value, 0.002833, 1e-6);
}

TEST(Statistics, TheBootstrapAgreesWithTheNormalIntervalAndRepeats) {
  const auto values = repeated({{0, 300}, {1, 100}});
  const Interval i = bootstrap_interval(values, 5, 4000);
  const double error = mean_estimate(values).standard_error;
  EXPECT_NEAR(i.low, 0.25 - 1.96 * error, 0.005);
  EXPECT_NEAR(i.high, 0.25 + 1.96 * error, 0.005);
  EXPECT_EQ(i, bootstrap_interval(values, 5, 4000));
}

TEST(Statistics, SamplesOfDifferentSizesAreRefused) {
  test::expect_error(ErrorKind::usage, "2 values of one sample, 1 of the other", [] {
    paired_difference(std::vector<double>{1, 2}, std::vector<double>{1});
  });
  test::expect_error(ErrorKind::usage, "without a value", [] { mean_estimate({}); });
}

}  // namespace evergreen
