// Which scale of the residual: the rule of `--scale auto`, over measurements on prompts and text that no report uses.
//
//   1. best    the scale of the highest instruction score
//   2. as good every scale whose score is at least best - one standard error of best       (the one-standard-error rule of
//              Breiman, Friedman, Olshen and Stone 1984, "Classification and Regression Trees", 3.4.3)
//   3. chosen  of these the one of the lowest perplexity of the new text; of equals the smallest scale
// So no instruction following is given up that could be told from noise, and what noise leaves open the new text decides. Where no
// scale follows a single prompt nothing can be chosen by it: the scale nearest to the paper's 1 is kept, and told to be.
#pragma once

#include <string>
#include <vector>

namespace evergreen {

struct ScalePoint {
  double scale = 1;
  double score = 0, score_error = 0;  // mean of the tasks' first metrics, 0 to 1, and its standard error
  double perplexity = 0;              // of held-out new text, per token
};

struct ScaleChoice {
  size_t best = 0, chosen = 0;
  std::vector<bool> as_good;  // by point
  bool undecided = false;     // no prompt was followed at any scale
};
// Error{internal} without a point.
ScaleChoice choose_scale(const std::vector<ScalePoint>& points);

// The rule in words, for reports.
std::string scale_rule_text();

}  // namespace evergreen
