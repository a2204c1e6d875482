// A study's figures as tables: for its page, for Markdown and for CSV.
#pragma once

#include <string>
#include <vector>

#include "evergreen/report/html.hpp"
#include "evergreen/study/findings.hpp"

namespace evergreen::study {

// What of a study everything below is made from.
struct StudyFigures {
  const Study& study;
  StudyResults results;
  std::vector<ArmGroup> groups;
  std::vector<Finding> findings;
  std::vector<TuningCost> tuning;
};
// Error{input} with the nearest name for a score of the plan that no finished evaluation has.
StudyFigures study_figures(const Study& study, const fs::path& directory);

// The metrics that stand for something in this study, in order: instruction, knowledge, the other abilities, quality, perplexities.
std::vector<std::string> shown_scores(const StudyFigures& figures);

Table score_table(const StudyFigures& figures, const std::string& family, const std::string& version);
Table finding_table(const StudyFigures& figures);
Table finding_parts_table(const Finding& finding);
Table cost_table(const StudyFigures& figures);      // by arm, split by step; the study's total last
Table recovery_table(const StudyFigures& figures);  // what a point of instruction following recovered costs
Table tuning_table(const StudyFigures& figures);

// Everything, one row each, unrounded.
std::string scores_csv(const StudyFigures& figures);
std::string costs_csv(const StudyFigures& figures);
std::string findings_csv(const StudyFigures& figures);

}  // namespace evergreen::study
