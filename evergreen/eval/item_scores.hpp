// The score of every item as JSON, so that what is compared later needs no model.
//
//   {TASK: {"METRIC,FILTER": {"aggregation": "mean", "higher_is_better": true, "values": [...], "weights": [...]}}}
//
// A group such as mmlu stands beside its tasks, with the items of all of them: the harness weighs its subtasks by their size.
// A score of an item is value / weight (task.hpp); weights that are all 1 are left out. "aggregation" is mean, perplexity or
// bits_per_byte.
// Errors    Error{input} that names `where` for a text that is not of this form.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/eval/run.hpp"

namespace evergreen {

struct ItemScores {
  Aggregation aggregation = Aggregation::mean;
  bool higher_is_better = true;
  std::vector<MetricValue> values;
};

std::string item_scores_json(const Evaluation& evaluation);

// By task, then by "metric,filter".
using ItemScoresByName = std::map<std::string, std::map<std::string, ItemScores>>;
ItemScoresByName read_item_scores(std::string_view json, const std::string& where);

}  // namespace evergreen
