#include "evergreen/pipeline/update_scores.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/item_scores.hpp"

namespace evergreen {
namespace {

constexpr const char* kWhere = "the results of an evaluation";
constexpr const char* kError = "_stderr";

std::optional<double> number(const OrderedJson& object, const std::string& name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

struct ArmResults {
  OrderedJson scores = OrderedJson::object();
  ItemScoresByName items;

  explicit ArmResults(const std::string& evaluation) {
    if (evaluation.empty()) return;
    const OrderedJson json = OrderedJson::parse(evaluation);
    scores = json.at("scores");
    items = read_item_scores(json.at("items").dump(), kWhere);
  }

  std::optional<ArmScore> score(const ScoreName& name) const {
    const auto results = scores.find("results");
    if (results == scores.end() || !results->contains(name.task)) return std::nullopt;
    const OrderedJson& task = results->at(name.task);
    const std::optional<double> value = number(task, name.metric);
    if (!value) return std::nullopt;
    const size_t comma = name.metric.find(',');
    ArmScore score{
        *value, number(task, name.metric.substr(0, comma) + kError + name.metric.substr(comma)), {}};
    const OrderedJson interval = scores.value("confidence_intervals", OrderedJson::object())
                                     .value(name.task, OrderedJson::object())
                                     .value(name.metric, OrderedJson::array());
    if (interval.size() == 2 && interval[0].is_number() && interval[1].is_number())
      score.interval = Interval{interval[0].get<double>(), interval[1].get<double>()};
    return score;
  }

  // Of a task, or of all tasks in a group.
  ItemScores item_scores(const ScoreName& name) const {
    if (const auto task = items.find(name.task); task != items.end()) {
      const auto metric = task->second.find(name.metric);
      return metric == task->second.end() ? ItemScores{} : metric->second;
    }
    ItemScores all;
    const OrderedJson members =
        scores.value("group_subtasks", OrderedJson::object()).value(name.task, OrderedJson::array());
    for (const OrderedJson& member : members) {
      const ItemScores part = item_scores({member.get<std::string>(), name.metric});
      all.aggregation = part.aggregation, all.higher_is_better = part.higher_is_better;
      all.values.insert(all.values.end(), part.values.begin(), part.values.end());
    }
    return all;
  }
};

std::vector<double> shares(const ItemScores& items) {
  std::vector<double> all;
  for (const MetricValue& v : items.values) all.push_back(v.value / v.weight);
  return all;
}

std::optional<Comparison> compare_items(const ArmResults& a, const ArmResults& b, const ScoreName& name) {
  const ItemScores of_a = a.item_scores(name), of_b = b.item_scores(name);
  if (of_a.values.empty() || of_a.values.size() != of_b.values.size()) return std::nullopt;
  Comparison comparison = compare_values(of_a.values, of_b.values, of_a.aggregation);
  if (comparison.exact) comparison.interval = paired_difference(shares(of_a), shares(of_b)).interval;
  comparison.task = name.task;
  comparison.metric = name.metric;
  return comparison;
}

std::set<std::string> group_members(const OrderedJson& scores) {
  std::set<std::string> members;
  const OrderedJson groups = scores.value("group_subtasks", OrderedJson::object());
  for (const auto& [group, names] : groups.items()) {
    for (const OrderedJson& name : names) members.insert(name.get<std::string>());
  }
  return members;
}

}  // namespace

ScoreRows score_rows(const std::array<std::string, kUpdateArms.size()>& evaluations) {
  std::vector<ArmResults> arms;
  for (const std::string& evaluation : evaluations) arms.emplace_back(evaluation);
  ScoreRows rows;
  const std::set<std::string> members = group_members(arms[kUpdatedArm].scores);
  const OrderedJson results = arms[kUpdatedArm].scores.value("results", OrderedJson::object());
  for (const auto& [task, metrics] : results.items()) {
    bool first = true;
    for (const auto& [metric, value] : metrics.items()) {
      if (metric.find(',') == std::string::npos || metric.find(kError) != std::string::npos) continue;
      ScoreRow row{{task, metric}, first, members.contains(task), true, true, {}, {}, {}};
      const ItemScores items = arms[kUpdatedArm].item_scores(row.name);
      row.share = items.aggregation == Aggregation::mean;
      row.higher_is_better = items.higher_is_better;
      for (size_t arm = 0; arm < arms.size(); ++arm) row.arms[arm] = arms[arm].score(row.name);
      row.updated_instruct = compare_items(arms[kUpdatedArm], arms[kInstructArm], row.name);
      row.trained_base = compare_items(arms[kTrainedArm], arms[kBaseArm], row.name);
      rows.push_back(std::move(row));
      first = false;
    }
  }
  return rows;
}

const ScoreRow* find_row(const ScoreRows& rows, const std::string& task) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ScoreRow& r) { return r.first && r.name.task == task; });
  return found == rows.end() ? nullptr : &*found;
}

std::optional<double> score_of(const ScoreRows& rows, const std::string& arm, const ScoreName& name) {
  const std::string title = arm == "trained-base" ? kUpdateArms[kTrainedArm] : arm;
  for (const ScoreRow& row : rows) {
    if (row.name != name) continue;
    for (size_t i = 0; i < kUpdateArms.size(); ++i) {
      if (title == kUpdateArms[i] && row.arms[i] && std::isfinite(row.arms[i]->value))
        return row.arms[i]->value;
    }
  }
  return std::nullopt;
}

std::string metric_text(const ScoreName& name) {
  constexpr std::string_view kNone = ",none";
  return name.metric.ends_with(kNone) ? name.metric.substr(0, name.metric.size() - kNone.size())
                                      : name.metric;
}

std::string score_text(const ScoreRow& row, double value) {
  if (row.share) return fmt::format("{:.1f} %", 100 * value);
  return std::fabs(value) < 1e5 ? fmt::format("{:.3f}", value) : fmt::format("{:.2e}", value);
}

std::string score_text(const ScoreRow& row, const ArmScore& score) {
  std::string text = score_text(row, score.value);
  if (!score.error) return text;
  const double error = *score.error;
  if (row.share) return text + fmt::format(" ± {:.1f}", 100 * error);
  return text + (error < 1e5 ? fmt::format(" ± {:.3f}", error) : fmt::format(" ± {:.1e}", error));
}

std::string difference_text(const ScoreRow& row, const Comparison& c) {
  const double factor = row.share ? 100 : 1;
  const auto number = [&](double value) {
    value *= factor;
    if (!std::isfinite(value)) return std::string("?");
    if (row.share) return fmt::format("{:+.1f}", value);
    return std::fabs(value) < 1e5 ? fmt::format("{:+.3f}", value) : fmt::format("{:+.2e}", value);
  };
  std::string text = number(c.a - c.b) + (row.share ? " points" : "");
  if (std::isfinite(c.interval.low))
    text += fmt::format(" ({} to {})", number(c.interval.low), number(c.interval.high));
  return text;
}

}  // namespace evergreen
