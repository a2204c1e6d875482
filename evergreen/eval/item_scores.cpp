#include "evergreen/eval/item_scores.hpp"

#include <algorithm>

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

constexpr std::pair<const char*, Aggregation> kAggregations[] = {
    {"mean", Aggregation::mean},
    {"perplexity", Aggregation::perplexity},
    {"bits_per_byte", Aggregation::bits_per_byte}};

// Appends to what is there: of a group's tasks all items are one score.
void add_metric(OrderedJson& json, const MetricResult& metric) {
  for (const auto& [name, aggregation] : kAggregations) {
    if (aggregation == metric.metric.aggregation) json["aggregation"] = name;
  }
  json["higher_is_better"] = metric.metric.higher_is_better;
  OrderedJson &values = json["values"], &weights = json["weights"];
  if (values.is_null()) values = weights = OrderedJson::array();
  for (const MetricValue& value : metric.values) {
    values.push_back(value.value);
    weights.push_back(value.weight);
  }
}

void leave_out_weights_of_one(OrderedJson& metrics) {
  for (OrderedJson& metric : metrics) {
    const OrderedJson& weights = metric["weights"];
    if (std::all_of(weights.begin(), weights.end(), [](const OrderedJson& weight) { return weight == 1; }))
      metric.erase("weights");
  }
}

ItemScores metric_scores(const Json& json, const std::string& where) {
  ItemScores scores;
  const auto wanted = json_get<std::string>(json, "aggregation", where);
  const auto* known = std::find_if(std::begin(kAggregations), std::end(kAggregations),
                                   [&](const auto& one) { return wanted == one.first; });
  if (known == std::end(kAggregations))
    throw Error(ErrorKind::input, "'" + wanted + "' is not an aggregation", where);
  scores.aggregation = known->second;
  scores.higher_is_better = json_get<bool>(json, "higher_is_better", where);
  const auto values = json_get<std::vector<double>>(json, "values", where);
  const auto weights =
      json_get_or<std::vector<double>>(json, "weights", std::vector<double>(values.size(), 1.0), where);
  if (weights.size() != values.size()) throw Error(ErrorKind::input, "not as many weights as values", where);
  for (size_t i = 0; i < values.size(); ++i) scores.values.push_back({values[i], weights[i]});
  return scores;
}

}  // namespace

std::string item_scores_json(const Evaluation& evaluation) {
  OrderedJson json = OrderedJson::object();
  for (const TaskResult& task : evaluation.tasks) {
    std::vector<std::string> names = task.task.groups;
    names.push_back(task.task.name);
    for (const MetricResult& metric : task.metrics) {
      for (const std::string& name : names)
        add_metric(json[name][metric.metric.name + "," + metric.metric.filter], metric);
    }
  }
  for (OrderedJson& metrics : json) leave_out_weights_of_one(metrics);
  return json.dump();
}

ItemScoresByName read_item_scores(std::string_view text, const std::string& where) {
  const Json json = parse_json(text, where);
  ItemScoresByName all;
  for (const auto& [task, metrics] : json.items()) {
    for (const auto& [metric, scores] : metrics.items()) all[task][metric] = metric_scores(scores, where);
  }
  return all;
}

}  // namespace evergreen
