// Scores of an update's four models side by side, from what evaluate_model() gave for each.
//
// Differences are paired over items (evergreen/eval/compare.hpp): updated - instruct, what a user of the instruct model gets; and
// trained base - base, what CPT alone did. Where items are right or wrong the interval is Newcombe's: a bootstrap of 24 items that both
// models have right would have no width. A group is compared over all its tasks' items.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/eval/compare.hpp"
#include "evergreen/pipeline/requirement.hpp"

namespace evergreen {

enum UpdateArm : size_t { kBaseArm, kInstructArm, kTrainedArm, kUpdatedArm };
inline constexpr std::array<const char*, 4> kUpdateArms = {"base", "instruct", "base + CPT", "updated"};

struct ArmScore {
  double value = 0;
  std::optional<double> error;       // standard error
  std::optional<Interval> interval;  // 95 %
};

struct ScoreRow {
  ScoreName name;
  bool first = false;   // of its task's metrics: the one that a task is judged by
  bool member = false;  // of a task that is scored with others as a group, which stands for it
  bool share = true;    // 0 to 1, shown in per cent; else a perplexity or bits
  bool higher_is_better = true;
  std::array<std::optional<ArmScore>, kUpdateArms.size()> arms;
  std::optional<Comparison> updated_instruct, trained_base;  // differences of the first and the second
};
using ScoreRows = std::vector<ScoreRow>;

// `evaluations` by arm, as evaluate_model() gives them.
ScoreRows score_rows(const std::array<std::string, kUpdateArms.size()>& evaluations);

const ScoreRow* find_row(const ScoreRows& rows,
                         const std::string& task);  // its first metric; null where there is none

// Of a requirement's arm ("trained-base"), or "updated".
std::optional<double> score_of(const ScoreRows& rows, const std::string& arm, const ScoreName& name);

// "exact_match,strict"; without the filter where there is none.
std::string metric_text(const ScoreName& name);
// "84.0 %", "12.35", "1.25e+09"; and with its standard error: "84.0 % ± 1.2".
std::string score_text(const ScoreRow& row, double value);
std::string score_text(const ScoreRow& row, const ArmScore& score);
// "-4.9 points (-8.1 to -1.7)"
std::string difference_text(const ScoreRow& row, const Comparison& comparison);

}  // namespace evergreen
