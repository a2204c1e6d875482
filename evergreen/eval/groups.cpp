#include "evergreen/eval/groups.hpp"

#include <algorithm>
#include <cmath>

namespace evergreen {
namespace {

struct Members {
  std::string name;
  std::vector<std::string> children;  // smaller groups and tasks
  std::vector<const TaskResult*> tasks;
};

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::vector<Members> members_of(const Evaluation& evaluation) {
  std::vector<Members> groups;
  const auto group = [&](const std::string& name) -> Members& {
    const auto found =
        std::find_if(groups.begin(), groups.end(), [&](const Members& m) { return m.name == name; });
    return found != groups.end() ? *found : groups.emplace_back(Members{name, {}, {}});
  };
  for (const TaskResult& task : evaluation.tasks) {
    const std::vector<std::string>& names = task.task.groups;
    for (size_t i = 0; i < names.size(); ++i) {
      Members& members = group(names[i]);
      members.tasks.push_back(&task);
      add_once(members.children, i + 1 < names.size() ? names[i + 1] : task.task.name);
    }
  }
  return groups;
}

const MetricResult* find(const TaskResult& task, const MetricInfo& metric) {
  for (const MetricResult& m : task.metrics) {
    if (m.metric.name == metric.name && m.metric.filter == metric.filter) return &m;
  }
  return nullptr;
}

// Null where a task lacks the metric.
bool pool(const Members& members, const MetricInfo& metric, MetricResult& pooled) {
  double sum = 0, items = 0, variance = 0;
  for (const TaskResult* task : members.tasks) {
    const MetricResult* m = find(*task, metric);
    if (m == nullptr) return false;
    const auto n = static_cast<double>(m->estimate.items);
    sum += m->estimate.value * n;
    items += n;
    variance += (n - 1) * m->estimate.standard_error * m->estimate.standard_error * n;
    pooled.values.insert(pooled.values.end(), m->values.begin(), m->values.end());
  }
  const double error = std::sqrt(variance / (items - static_cast<double>(members.tasks.size())) / items);
  pooled.metric = metric;
  pooled.estimate = {sum / items, error, static_cast<int64_t>(items)};
  pooled.interval = metric_interval(pooled.estimate, pooled.values);
  return true;
}

}  // namespace

std::vector<GroupResult> group_results(const Evaluation& evaluation) {
  std::vector<GroupResult> results;
  for (const Members& members : members_of(evaluation)) {
    GroupResult& group = results.emplace_back();
    group.name = members.name;
    group.tasks = members.children;
    for (const TaskResult* task : members.tasks) group.items += task->evaluated_items;
    for (const MetricResult& m : members.tasks.front()->metrics) {
      MetricResult pooled;
      if (m.metric.aggregation == Aggregation::mean && pool(members, m.metric, pooled))
        group.metrics.push_back(std::move(pooled));
    }
  }
  return results;
}

}  // namespace evergreen
