// What an updated model must reach: "ifeval>=0.95*instruct".
//
//   SCORE OP [FACTOR *] ARM [+ NUMBER | - NUMBER]      or      SCORE OP NUMBER
//
//   SCORE   of the updated model: a task (its first metric), TASK/METRIC, or a metric that one task alone has. A kind stands for
//           the only task of that kind, "ifeval" for "ifeval:input_data"; a metric without its filter for the first of that name
//   OP      >=  <=  >  <
//   ARM     base, instruct, trained-base (the base after CPT)
//
// Scores are as results files have them: shares from 0 to 1, perplexities. Spaces do not count.
// Errors    Error{usage} for another form, and with the nearest name for a score that will not be there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace evergreen {

struct Requirement {
  std::string text, score, comparison;  // as given; left of the operator; ">="
  std::string arm;                      // empty: `offset` is the bound
  double factor = 1, offset = 0;
};
Requirement parse_requirement(const std::string& text);

struct ScoreName {
  std::string task, metric;  // "qa:news", "exact_match,strict"
  friend bool operator==(const ScoreName&, const ScoreName&) = default;
};
// A task or group, with its metrics in order.
struct KnownScores {
  std::string task;
  std::vector<std::string> metrics;
};
ScoreName find_score(const Requirement& requirement, const std::vector<KnownScores>& known);

struct RequirementOutcome {
  std::string text;
  ScoreName score;
  std::optional<double> value, bound;  // none: could not be measured, and so is not met
  bool met = false;
};
// `score_of` gives the score of an arm ("updated", or one of the requirement's), where there is one.
using ScoreOf = std::function<std::optional<double>(const std::string& arm, const ScoreName& score)>;
RequirementOutcome judge(const Requirement& requirement, const ScoreName& score, const ScoreOf& score_of);

}  // namespace evergreen
