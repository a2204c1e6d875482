// Tasks that are scored together: a mean weighted by the number of items, and its standard error.
//
//   value   sum of n_i * value_i / sum of n_i: the score over all items
//   error   sqrt(sum of (n_i - 1) * n_i * error_i^2 / (N - k) / N), N items in k tasks: the harness' pooled error
// Source    lm-evaluation-harness 0.4.13, lm_eval/api/metrics.py (aggregate_subtask_metrics, pooled_sample_stderr).
#pragma once

#include <string>
#include <vector>

#include "evergreen/eval/run.hpp"

namespace evergreen {

struct GroupResult {
  std::string name;
  std::vector<std::string> tasks;  // and smaller groups, in order
  int64_t items = 0;
  std::vector<MetricResult> metrics;  // those that all its tasks have and that are means
};

// In order of their first task, a large group before the smaller ones in it.
std::vector<GroupResult> group_results(const Evaluation& evaluation);

}  // namespace evergreen
