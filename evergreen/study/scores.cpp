#include "evergreen/study/scores.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "evergreen/base/json.hpp"
#include "evergreen/study/runner.hpp"

namespace evergreen::study {
namespace {

ItemScores item_scores(const Json& metric, const std::string& where) {
  ItemScores scores;
  scores.aggregation = json_get<std::string>(metric, "aggregation", where);
  scores.values = json_get<std::vector<double>>(metric, "values", where);
  scores.weights = json_get_or<std::vector<double>>(metric, "weights",
                                                    std::vector<double>(scores.values.size(), 1.0), where);
  return scores;
}

ArmResult arm_result(const Json& result, const std::string& where) {
  ArmResult arm;
  const Json tasks = json_get<Json>(result, "tasks", where);
  for (const auto& [task, metrics] : tasks.items()) {
    for (const auto& [metric, values] : metrics.items())
      arm.scores[task + "," + metric] = item_scores(values, where);
  }
  for (const Json& sample : json_get_or<Json>(result, "samples", Json::array(), where)) {
    arm.samples.push_back({json_get<std::string>(sample, "question", where),
                           json_get<std::string>(sample, "wanted", where),
                           json_get<std::string>(sample, "answer", where)});
  }
  return arm;
}

StepCost cost_of(const Json& result, const std::string& where) {
  const Json cost = json_get<Json>(result, "cost", where);
  return {json_get<double>(cost, "tokens", where), json_get<double>(cost, "flops", where),
          json_get<double>(cost, "seconds", where), json_get<double>(cost, "core_seconds", where),
          json_get<double>(cost, "disk_bytes", where)};
}

auto group_key(const Arm& arm) {
  return std::tuple(arm.family, arm.version, arm.kind, arm.size, arm.scale, arm.residual_of, arm.sft_steps,
                    arm.lora_rank, arm.replay);
}

}  // namespace

double ItemScores::total() const {
  const double value = std::accumulate(values.begin(), values.end(), 0.0);
  const double weight = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (aggregation == "perplexity") return std::exp(-value / weight);
  if (aggregation == "bits_per_byte") return -value / weight / std::log(2.0);
  return value / weight;
}

BlockValues ItemScores::by_item() const {
  BlockValues items;
  for (size_t i = 0; i < values.size(); ++i)
    items.push_back((aggregation == "mean" ? 1 : -1) * values[i] / weights[i]);
  return items;
}

size_t StudyResults::finished_steps() const {
  return static_cast<size_t>(std::count(finished.begin(), finished.end(), true));
}

StudyResults read_results(const Study& study, const fs::path& directory) {
  StudyResults results;
  std::vector<Json> json(study.steps.size());
  for (size_t i = 0; i < study.steps.size(); ++i) {
    const auto text = read_result(directory, study.steps[i]);
    results.finished.push_back(text.has_value());
    const std::string where = result_directory(directory, study.steps[i]).string();
    if (text) json[i] = parse_json(*text, where);
    results.costs.push_back(text ? cost_of(json[i], where) : StepCost{});
    results.total.add(study.steps[i].kind, results.costs.back());
  }
  for (size_t i = 0; i < study.arms.size(); ++i) {
    const size_t evaluate = study.arms[i].evaluate;
    if (!results.finished[evaluate]) continue;
    const std::string where = result_directory(directory, study.steps[evaluate]).string();
    ArmResult arm = arm_result(json_get<Json>(json[evaluate], "result", where), where);
    arm.arm = i;
    arm.account = account_of(study.steps, results.costs, steps_needed(study.steps, evaluate));
    results.arms.push_back(std::move(arm));
  }
  return results;
}

bool ArmGroup::has(const std::string& score) const {
  return !results.empty() && results.front()->scores.contains(score);
}

std::vector<BlockValues> ArmGroup::blocks(const std::string& score) const {
  std::vector<BlockValues> blocks;
  for (const ArmResult* result : results) blocks.push_back(result->scores.at(score).by_item());
  return blocks;
}

double ArmGroup::total(const std::string& score) const {
  double sum = 0;
  for (const ArmResult* result : results) sum += result->scores.at(score).total();
  return sum / static_cast<double>(results.size());
}

Band ArmGroup::band(const std::string& score) const { return block_mean(blocks(score)); }

std::vector<ArmGroup> group_arms(const Study& study, const StudyResults& results) {
  std::vector<ArmGroup> groups;
  for (const ArmResult& result : results.arms) {
    const Arm& arm = study.arms[result.arm];
    auto found = std::find_if(groups.begin(), groups.end(),
                              [&](const ArmGroup& group) { return group_key(group.arm) == group_key(arm); });
    if (found == groups.end()) found = groups.insert(groups.end(), ArmGroup{arm, {}, {}});
    found->results.push_back(&result);
    found->seeds.push_back(arm.seed);
  }
  return groups;
}

const ArmGroup* find_group(const StudyPlan& plan, const std::vector<ArmGroup>& groups, const ArmQuery& q) {
  const double replay = q.replay.value_or(q.size > 0 ? plan.replay : 0);
  for (const ArmGroup& group : groups) {
    const Arm& a = group.arm;
    if (a.kind == q.kind && a.family == q.family && a.version == q.version && a.size == q.size &&
        a.scale == q.scale && a.residual_of == q.residual_of && a.sft_steps == q.sft_steps &&
        a.lora_rank == q.lora_rank && a.replay == replay)
      return &group;
  }
  return nullptr;
}

std::optional<BlockDifference> compare_groups(const ArmGroup* a, const ArmGroup* b,
                                              const std::string& score) {
  if (a == nullptr || b == nullptr || !a->has(score) || !b->has(score)) return std::nullopt;
  std::vector<BlockValues> left, right;
  for (size_t i = 0; i < a->seeds.size(); ++i) {
    const auto other = std::find(b->seeds.begin(), b->seeds.end(), a->seeds[i]);
    if (other == b->seeds.end()) continue;
    left.push_back(a->results[i]->scores.at(score).by_item());
    right.push_back(b->results[static_cast<size_t>(other - b->seeds.begin())]->scores.at(score).by_item());
  }
  if (left.empty()) return std::nullopt;
  return block_difference(left, right);
}

bool lower_is_better(const std::string& score, const std::vector<ArmGroup>& groups) {
  for (const ArmGroup& group : groups) {
    if (group.has(score)) return group.results.front()->scores.at(score).aggregation != "mean";
  }
  return false;
}

std::string score_title(const std::string& score) {
  std::string title = score.substr(0, score.find(','));
  if (title.rfind("perplexity:", 0) == 0) return "perplexity, " + title.substr(11) + " text";
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

}  // namespace evergreen::study
