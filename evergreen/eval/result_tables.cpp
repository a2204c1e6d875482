#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/eval/groups.hpp"
#include "evergreen/eval/run.hpp"
#include "evergreen/eval/text_table.hpp"

namespace evergreen {
namespace {

std::string key(const MetricInfo& metric) { return metric.name + "," + metric.filter; }

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "n/a"; }

void add_rows(TextTable& table, const std::string& name, int64_t shots, int64_t items,
              const std::vector<MetricResult>& metrics) {
  for (const MetricResult& m : metrics) {
    const bool first = &m == &metrics.front();
    table.push_back({first ? name : "", first ? (shots < 0 ? "" : fmt::format("{}", shots)) : "",
                     key(m.metric), number(m.estimate.value), number(m.estimate.standard_error),
                     first ? fmt::format("{}", items) : ""});
  }
}

// Rows of one evaluation, groups first, each with the model's values.
struct Row {
  std::string task, metric;
  const MetricResult* result;
};
struct Rows {
  std::vector<GroupResult> groups;
  std::vector<Row> rows;
};

Rows rows_of(const Evaluation& evaluation) {
  Rows all;
  all.groups = group_results(evaluation);
  for (const GroupResult& g : all.groups) {
    for (const MetricResult& m : g.metrics) all.rows.push_back({g.name, key(m.metric), &m});
  }
  for (const TaskResult& t : evaluation.tasks) {
    if (!t.task.groups.empty()) continue;  // in the group's row
    for (const MetricResult& m : t.metrics) all.rows.push_back({t.task.name, key(m.metric), &m});
  }
  return all;
}

}  // namespace

std::string results_table(const Evaluation& evaluation) {
  TextTable table = {{"task", "shots", "metric", "value", "+-", "items"}};
  for (const GroupResult& g : group_results(evaluation)) add_rows(table, g.name, -1, g.items, g.metrics);
  for (const TaskResult& t : evaluation.tasks)
    add_rows(table, t.task.name, t.task.shots, t.evaluated_items, t.metrics);
  std::string text = format_table(table, "l<l>>>");
  for (const TaskResult& t : evaluation.tasks) {
    if (t.truncated_items == 0) continue;
    text += fmt::format("{}: {} of {} items had a prompt too long for the model; it lost its start\n",
                        t.task.name, t.truncated_items, t.evaluated_items);
  }
  return text;
}

std::string models_table(const std::vector<Evaluation>& evaluations) {
  if (evaluations.empty()) return {};
  std::vector<Rows> models;
  for (const Evaluation& evaluation : evaluations) models.push_back(rows_of(evaluation));
  TextTable table = {{"task", "metric"}};
  for (const Evaluation& evaluation : evaluations) table[0].push_back(evaluation.model);
  for (const Row& row : models.front().rows) {
    std::vector<std::string> line = {row.task, row.metric};
    for (const Rows& model : models) {
      const auto found = std::find_if(model.rows.begin(), model.rows.end(), [&](const Row& r) {
        return r.task == row.task && r.metric == row.metric;
      });
      line.push_back(found == model.rows.end() ? "-"
                                               : fmt::format("{} +-{}", number(found->result->estimate.value),
                                                             number(found->result->estimate.standard_error)));
    }
    table.push_back(std::move(line));
  }
  return format_table(table, "ll" + std::string(evaluations.size(), '>'));
}

}  // namespace evergreen
