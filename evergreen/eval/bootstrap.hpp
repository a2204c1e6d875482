// Percentile bootstrap over items, of a metric and of the difference of two models on the same items.
//
// Each draw takes as many items as there are, with replacement, and aggregates them anew: so it holds for ratios and
// perplexities as well as for means.
// Source    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 13 and 16.
// Numbers   a function of values, seed and draws (evergreen/base/random.hpp); NaN bounds for less than two items.
#pragma once

#include <cstdint>
#include <span>

#include "evergreen/eval/statistics.hpp"
#include "evergreen/eval/task.hpp"

namespace evergreen {

// The metric over these items.
double aggregate_values(std::span<const MetricValue> values, Aggregation aggregation);

Interval bootstrap_metric(std::span<const MetricValue> values, Aggregation aggregation, uint64_t seed,
                          int64_t draws, double level = 0.95);

struct PairedBootstrap {
  Interval interval;  // of the metric of a minus that of b
  double p_value =
      1;  // two-sided: twice the smaller share of draws on either side of 0, at least 2 / (draws + 1)
};
PairedBootstrap paired_bootstrap(std::span<const MetricValue> a, std::span<const MetricValue> b,
                                 Aggregation aggregation, uint64_t seed, int64_t draws, double level = 0.95);

}  // namespace evergreen
