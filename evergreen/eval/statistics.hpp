// How sure a score is: means, proportions, and the difference of two arms on the same items.
//
// Source    Wilson (1927), score interval; Newcombe (1998), Statistics in Medicine 17, 2635-2650, method
//           10, for paired proportions; standard errors of ratios by linearisation; McNemar's exact test; percentile bootstrap.
// Numbers   float64; the bootstrap is a function of the values and the seed.
// Errors    Error{usage} for samples without a value or of different sizes.
#pragma once

#include <cstdint>
#include <span>

namespace evergreen {

struct Interval {
  double low = 0, high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

// NaN stands for a standard error that one value cannot give.
struct Estimate {
  double value = 0;
  double standard_error = 0;
  int64_t items = 0;
};

Estimate mean_estimate(std::span<const double> values);

// sum(numerators) / sum(denominators). With denominators of 1 it equals mean_estimate.
Estimate ratio_estimate(std::span<const double> numerators, std::span<const double> denominators);

// The quantile of Student's t: P(T <= t) = probability, for 1 or more degrees of freedom.
double student_t_quantile(double probability, double degrees_of_freedom);

// 95 % unless said otherwise, of `successes` out of `trials`.
Interval wilson_interval(double successes, double trials, double level = 0.95);

// Percentile interval of the mean over `resamples` draws with replacement.
Interval bootstrap_interval(std::span<const double> values, uint64_t seed, int64_t resamples = 10000,
                            double level = 0.95);

struct PairedDifference {
  double difference = 0;  // mean(a) - mean(b)
  Interval interval;      // 95 %
  double p_value = 1;     // two-sided, that there is no difference
  int64_t items = 0;
  const char* method = "";
};

// a[i] and b[i] are the scores of two arms on item i. Where all are 0 or 1: Newcombe's interval and McNemar's
// exact test; otherwise Student's t on the differences.
PairedDifference paired_difference(std::span<const double> a, std::span<const double> b);

}  // namespace evergreen
