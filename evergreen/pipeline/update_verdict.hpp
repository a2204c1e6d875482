// What an update did, in plain words, each with its reason.
//
// A score of the updated model is judged against the instruct model's by the 95 % interval of the paired difference, turned so that
// up is better, and a margin of 5 % of the instruct model's score:
//
//   better    the interval lies above 0
//   kept      it lies above -margin
//   worse     it lies below 0
//   unclear   neither: too few items to tell
//
// New text is learned where its held-out perplexity is better; nothing is said of facts, which need a task of their own.
#pragma once

#include <string>
#include <vector>

#include "evergreen/pipeline/update_scores.hpp"
#include "evergreen/report/html.hpp"

namespace evergreen {

inline constexpr double kKeptMargin = 0.05;  // of the instruct model's score

enum class Judgement { better, kept, unclear, worse, open };
const char* judgement_name(Judgement judgement);
Judgement judge_difference(const ScoreRow& row, const Comparison& comparison);

struct Reason {
  Judgement judgement = Judgement::open;
  std::string word, about, text;  // "kept", "ifeval", "84.0 % -> 83.1 %, ..."
};
struct Verdict {
  std::string headline;
  std::vector<Reason> reasons;
};

// What cannot be judged by scores is told in `notes`: how the scale was chosen, steps left out.
Verdict make_verdict(const ScoreRows& rows, const std::vector<RequirementOutcome>& requirements,
                     const std::vector<std::string>& notes);

std::string verdict_text(const Verdict& verdict);  // for a terminal
Html verdict_html(const Verdict& verdict);

}  // namespace evergreen
