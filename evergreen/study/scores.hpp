// The scores of a study's arms, as their evaluations left them: every metric of every task, item by item.
//
//   result.json of an evaluation   {"tasks": {TASK: {"METRIC,FILTER": {"aggregation": "mean", "values": [...], "weights": [...]}}},
//                                   "samples": [{"question", "wanted", "answer"}], "parameters": ...}
//
// A score of an item is value / weight. Perplexities are compared in nats a token: -value / weight, lower is better.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/study/arms.hpp"
#include "evergreen/study/block_test.hpp"

namespace evergreen::study {

struct ItemScores {
  std::string aggregation = "mean";  // "mean", "perplexity", "bits_per_byte"
  std::vector<double> values, weights;
  double total() const;         // as lm-evaluation-harness gives it: a share, a perplexity
  BlockValues by_item() const;  // shares; or nats a token
};

struct SampleAnswer {
  std::string question, wanted, answer;
};

struct ArmResult {
  size_t arm = 0;                            // index in Study::arms
  std::map<std::string, ItemScores> scores;  // by "task,metric,filter"
  std::vector<SampleAnswer> samples;
  Account account;
};

struct StudyResults {
  std::vector<ArmResult> arms;  // those that are finished, in the study's order
  std::vector<StepCost> costs;  // by step; zeros where it is not finished
  std::vector<bool> finished;   // by step
  Account total;                // every finished step once

  size_t finished_steps() const;
};
StudyResults read_results(const Study& study, const fs::path& directory);

// Arms of the same kind but for their seed.
struct ArmGroup {
  Arm arm;                                // of its first seed
  std::vector<const ArmResult*> results;  // by seed, ascending
  std::vector<uint64_t> seeds;

  bool has(const std::string& score) const;
  std::vector<BlockValues> blocks(const std::string& score) const;
  double total(const std::string& score) const;  // mean over seeds
  Band band(const std::string& score) const;     // of means; of perplexities in nats a token
};
std::vector<ArmGroup> group_arms(const Study& study, const StudyResults& results);

// What an arm is looked up by; what is not given is the main arms'.
struct ArmQuery {
  ArmKind kind = ArmKind::base;
  std::string family = {}, version = {};
  int64_t size = 0;
  double scale = 1;
  std::string residual_of = {};
  int64_t sft_steps = 0, lora_rank = 0;
  std::optional<double> replay = {};  // none: the plan's own
};
const ArmGroup* find_group(const StudyPlan& plan, const std::vector<ArmGroup>& groups, const ArmQuery& query);

// The two arms' difference in one score over the seeds that both have; none where there is none.
std::optional<BlockDifference> compare_groups(const ArmGroup* a, const ArmGroup* b, const std::string& score);

bool lower_is_better(const std::string& score, const std::vector<ArmGroup>& groups);
// "format_followed,acc,strict" -> "format followed".
std::string score_title(const std::string& score);

}  // namespace evergreen::study
