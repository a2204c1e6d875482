// The paper's findings F1 to F8, asked of a study: what was compared, how sure it is, and an honest verdict.
//
//   F1  CPT of the instruct model costs instruction following        instruct - (instruct + CPT), largest size: above 0
//   F2  the more new text, the larger the loss                       (instruct + CPT) each size - the next larger one: above 0
//   F3  CPT costs the base little                                    quality of base + CPT against base: its 95 % interval within what
//                                                                    the plan calls small
//   F4  CPT'd base + R follows instructions and keeps or gains       above instruct + CPT in following; above instruct in knowledge; and the
//       ability                                                      average of abilities not below instruct's
//   F5  a residual carries over between siblings                     base + R' above base, and (base + CPT) + R' above the sibling's own
//                                                                    instruct + CPT, in both directions
//   F6  a better instruct model gives a better residual              where two versions' instruct models differ: their residuals on the
//                                                                    same trained base differ the same way
//   F7  far less compute than instruction tuning                     FLOPs of an SFT that reaches the graft's score over those of the
//                                                                    graft: a count, no test
//   F8  it weakens in small models                                   recovered share of following, small against larger families
//
// Tests are those of block_test.hpp; the p-values of all tests of the study together are adjusted by Holm. A part holds
// where its difference has the right sign and the adjusted p is below the level; it does not where the difference is significant
// the other way; otherwise it is not clear. "Not below" is judged by the interval: its upper end below 0 refutes it.
#pragma once

#include <string>
#include <vector>

#include "evergreen/study/scores.hpp"

namespace evergreen::study {

enum class Verdict { holds, holds_not, not_clear, not_testable };
const char* verdict_name(Verdict verdict);  // "holds", "does not hold", "not clear", "not testable here"

struct FindingPart {
  std::string what;  // "world-llama v1: format followed, instruct - (instruct + CPT)"
  BlockDifference difference;
  double scale = 1;     // 100 for shares, shown in points
  double adjusted = 1;  // Holm
  bool tested = false;  // by a p-value; else by the interval, or not at all
  Verdict verdict = Verdict::not_clear;
};

struct Finding {
  std::string name;   // "F1"
  std::string claim;  // of the paper
  std::string paper;  // its size there
  std::vector<FindingPart> parts;
  Verdict verdict = Verdict::not_testable;
  std::string reason;  // in a sentence
};

// What an SFT costs that reaches the graft's score, beside the graft.
struct TuningCost {
  std::string family, version;
  double graft_score = 0, graft_flops = 0;
  struct Budget {
    int64_t steps = 0;
    double score = 0, flops = 0;
  };
  std::vector<Budget> budgets;  // by steps
  // The first budget whose score is at least the graft's; none: no budget reached it.
  const Budget* reached() const;
};
std::vector<TuningCost> tuning_costs(const Study& study, const std::vector<ArmGroup>& groups);

std::vector<Finding> find(const Study& study, const std::vector<ArmGroup>& groups);

}  // namespace evergreen::study
