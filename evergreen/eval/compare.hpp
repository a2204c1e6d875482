// Two models on the same items: what was kept, what was lost, and whether that may be chance.
//
//   difference   metric of a minus metric of b, with a 95 % interval by the paired bootstrap over items (seed 1234)
//   p            McNemar's exact test where every score is 0 or 1, else the paired bootstrap's
// Either from two evaluations, or from two directories of samples (samples_TASK_DATE.jsonl), ours or those that
// lm-evaluation-harness writes with --log_samples. Groups of the results file beside the samples get a line each.
// Errors    Error{input} where two files of a task hold different items, Error{usage} where no task is common.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/eval/run.hpp"

namespace evergreen {

struct Comparison {
  std::string task, metric, filter;
  int64_t items = 0;
  double a = 0, b = 0;  // the metric of each
  Interval interval;    // of a - b
  double p_value = 1;
  int64_t only_a = 0, only_b = 0;  // items that one of the two alone has right, or better
  bool exact = false;              // McNemar's
};

struct Comparisons {
  std::string a, b;  // names of the models
  std::vector<Comparison> rows;
};

Comparison compare_values(std::span<const MetricValue> a, std::span<const MetricValue> b,
                          Aggregation aggregation);
Comparisons compare_evaluations(const Evaluation& a, const Evaluation& b);
Comparisons compare_samples(const fs::path& a, const fs::path& b);

std::string comparison_table(const Comparisons& comparisons);
std::string comparison_json(const Comparisons& comparisons);

}  // namespace evergreen
