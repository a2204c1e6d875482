#include "evergreen/eval/compare.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/eval/bootstrap.hpp"
#include "evergreen/eval/groups.hpp"
#include "evergreen/eval/text_table.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kSeed = 1234;

// 10000 draws, fewer where there are many items: a second of work at the most.
int64_t draws_for(size_t items) {
  return std::clamp(int64_t{50'000'000} / static_cast<int64_t>(items + 1), int64_t{1000}, int64_t{10000});
}

bool yes_or_no(std::span<const MetricValue> values) {
  return std::all_of(values.begin(), values.end(),
                     [](const MetricValue& v) { return v.weight == 1 && (v.value == 0 || v.value == 1); });
}

std::vector<double> shares(std::span<const MetricValue> values) {
  std::vector<double> all;
  for (const MetricValue& v : values) all.push_back(v.value / v.weight);
  return all;
}

const MetricResult* find(const std::vector<MetricResult>& metrics, const MetricInfo& wanted) {
  for (const MetricResult& m : metrics) {
    if (m.metric.name == wanted.name && m.metric.filter == wanted.filter) return &m;
  }
  return nullptr;
}

void add_rows(Comparisons& all, const std::string& task, const std::vector<MetricResult>& a,
              const std::vector<MetricResult>& b) {
  for (const MetricResult& of_a : a) {
    const MetricResult* of_b = find(b, of_a.metric);
    if (of_b == nullptr || of_b->values.size() != of_a.values.size()) continue;
    Comparison& row =
        all.rows.emplace_back(compare_values(of_a.values, of_b->values, of_a.metric.aggregation));
    row.task = task;
    row.metric = of_a.metric.name;
    row.filter = of_a.metric.filter;
  }
}

std::string p_text(double p) {
  if (!std::isfinite(p)) return "n/a";
  return p < 1e-4 ? fmt::format("{:.1e}", p) : fmt::format("{:.4f}", p);
}

}  // namespace

Comparison compare_values(std::span<const MetricValue> a, std::span<const MetricValue> b,
                          Aggregation aggregation) {
  Comparison c;
  c.items = static_cast<int64_t>(a.size());
  c.a = aggregate_values(a, aggregation);
  c.b = aggregate_values(b, aggregation);
  const PairedBootstrap bootstrap = paired_bootstrap(a, b, aggregation, kSeed, draws_for(a.size()));
  c.interval = bootstrap.interval;
  c.p_value = bootstrap.p_value;
  c.exact = yes_or_no(a) && yes_or_no(b);
  const std::vector<double> of_a = shares(a), of_b = shares(b);
  for (size_t i = 0; i < a.size(); ++i) {
    c.only_a += of_a[i] > of_b[i];
    c.only_b += of_b[i] > of_a[i];
  }
  if (c.exact) c.p_value = paired_difference(of_a, of_b).p_value;
  return c;
}

Comparisons compare_evaluations(const Evaluation& a, const Evaluation& b) {
  Comparisons all{a.model, b.model, {}};
  const std::vector<GroupResult> groups_a = group_results(a), groups_b = group_results(b);
  for (const GroupResult& group : groups_a) {
    const auto found = std::find_if(groups_b.begin(), groups_b.end(),
                                    [&](const GroupResult& g) { return g.name == group.name; });
    if (found != groups_b.end()) add_rows(all, group.name, group.metrics, found->metrics);
  }
  for (const TaskResult& task : a.tasks) {
    const auto found = std::find_if(b.tasks.begin(), b.tasks.end(),
                                    [&](const TaskResult& t) { return t.task.name == task.task.name; });
    if (found != b.tasks.end()) add_rows(all, task.task.name, task.metrics, found->metrics);
  }
  if (all.rows.empty())
    throw Error(ErrorKind::usage, "the two have no task in common", a.model + ", " + b.model);
  return all;
}

std::string comparison_table(const Comparisons& comparisons) {
  TextTable table = {
      {"task", "metric", "A", "B", "A - B", "95 % interval", "p", "A better", "B better", "items"}};
  for (const Comparison& c : comparisons.rows) {
    table.push_back({c.task, c.metric + "," + c.filter, fmt::format("{:.4f}", c.a),
                     fmt::format("{:.4f}", c.b), fmt::format("{:+.4f}", c.a - c.b),
                     fmt::format("{:+.4f} to {:+.4f}", c.interval.low, c.interval.high),
                     p_text(c.p_value) + (c.exact ? "" : "*"), fmt::format("{}", c.only_a),
                     fmt::format("{}", c.only_b), fmt::format("{}", c.items)});
  }
  return fmt::format("A  {}\nB  {}\n\n", comparisons.a, comparisons.b) + format_table(table, "ll>>>>>>>>") +
         "p: McNemar's exact test; * the paired bootstrap's. Of each score alone: not adjusted for their "
         "number\n";
}

std::string comparison_json(const Comparisons& comparisons) {
  const auto number = [](double value) {
    return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
  };
  OrderedJson rows = OrderedJson::array();
  for (const Comparison& c : comparisons.rows) {
    rows.push_back({{"task", c.task},
                    {"metric", c.metric + "," + c.filter},
                    {"a", number(c.a)},
                    {"b", number(c.b)},
                    {"difference", number(c.a - c.b)},
                    {"interval", {number(c.interval.low), number(c.interval.high)}},
                    {"p_value", number(c.p_value)},
                    {"test", c.exact ? "mcnemar exact" : "paired bootstrap"},
                    {"a_better", c.only_a},
                    {"b_better", c.only_b},
                    {"items", c.items}});
  }
  return to_text({{"a", comparisons.a}, {"b", comparisons.b}, {"comparisons", rows}});
}

}  // namespace evergreen
