#include <algorithm>
#include <cmath>

#include "evergreen/base/json.hpp"
#include "evergreen/base/version.hpp"
#include "evergreen/eval/bootstrap.hpp"
#include "evergreen/eval/groups.hpp"
#include "evergreen/eval/run.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kBootstrapSeed = 1234;
constexpr int64_t kBootstrapDraws = 1000;

std::string key(const MetricInfo& metric, const std::string& suffix = {}) {
  return metric.name + suffix + "," + metric.filter;
}

OrderedJson number_or_na(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson("N/A");
}

OrderedJson scores_json(const std::string& alias, int64_t items, const std::vector<MetricResult>& metrics) {
  OrderedJson scores = OrderedJson::object({{"alias", alias}, {"sample_len", items}});
  for (const MetricResult& m : metrics) {
    scores[key(m.metric)] = number_or_na(m.estimate.value);
    scores[key(m.metric, "_stderr")] = number_or_na(m.estimate.standard_error);
  }
  return scores;
}

OrderedJson intervals_json(const std::vector<MetricResult>& metrics) {
  OrderedJson intervals = OrderedJson::object();
  for (const MetricResult& m : metrics) {
    const Interval i = bootstrap_metric(m.values, m.metric.aggregation, kBootstrapSeed, kBootstrapDraws);
    intervals[key(m.metric)] = OrderedJson::array({number_or_na(i.low), number_or_na(i.high)});
  }
  return intervals;
}

}  // namespace

std::string results_json(const Evaluation& evaluation) {
  OrderedJson out;
  const std::vector<GroupResult> groups = group_results(evaluation);
  for (const GroupResult& g : groups) {
    out["results"][g.name] = scores_json(g.name, g.items, g.metrics);
    out["groups"][g.name] = out["results"][g.name];
    out["group_subtasks"][g.name] = g.tasks;
    out["confidence_intervals"][g.name] = intervals_json(g.metrics);
  }
  for (const TaskResult& t : evaluation.tasks) {
    const std::string& name = t.task.name;
    out["results"][name] = scores_json(name, t.evaluated_items, t.metrics);
    if (!groups.empty()) out["group_subtasks"][name] = OrderedJson::array();
    out["configs"][name] = OrderedJson::parse(t.task.config);
    out["configs"][name]["task"] = name;
    out["configs"][name]["num_fewshot"] = t.task.shots;
    out["versions"][name] = t.task.version;
    out["n-shot"][name] = t.task.shots;
    for (const MetricResult& m : t.metrics)
      out["higher_is_better"][name][m.metric.name] = m.metric.higher_is_better;
    out["n-samples"][name] = {{"original", t.original_items}, {"effective", t.evaluated_items}};
    out["confidence_intervals"][name] = intervals_json(t.metrics);
    if (t.truncated_items > 0) out["truncated"][name] = t.truncated_items;
  }
  out["config"] = {{"model", "evergreen"},
                   {"model_args", "pretrained=" + evaluation.model},
                   {"weights", evaluation.weights}};
  out["model_name"] = evaluation.model;
  out["evergreen_version"] = kVersion;
  out["total_evaluation_time_seconds"] = fmt::format("{:.6f}", evaluation.seconds);
  return to_text(out);
}

}  // namespace evergreen
