// Reading an answer out of what a model wrote, and comparing it: the harness' filters and its exact_match.
//
//   regex              re.findall; match `group_select` (negative: from the end), of several groups the first that is not empty,
//                      stripped; `fallback` where there is none
//   remove_whitespace, lowercase, uppercase, map (by value, else `fallback`), take_first (each prompt is answered once)
//   exact_match        each of regexes_to_ignore is removed from both, then case, ASCII punctuation, digits as asked
// Source    lm-evaluation-harness 0.4.13: lm_eval/filters, lm_eval/api/metrics.py (exact_match_hf_evaluate). Patterns
//           and letters are Python's (evergreen/ifeval/python_pattern.hpp, python_text.hpp).
#pragma once

#include <string>
#include <vector>

#include "evergreen/eval/definition.hpp"
#include "evergreen/ifeval/python_pattern.hpp"

namespace evergreen {

class AnswerFilter {
 public:
  AnswerFilter(const FilterDefinition& definition, const std::string& where);
  const std::string& name() const { return name_; }
  std::string apply(std::string answer) const;

 private:
  struct Step {
    FilterStep step;
    std::vector<ifeval::PythonPattern> pattern;  // one for a regex, else none
  };
  std::string name_;
  std::vector<Step> steps_;
};

class ExactMatch {
 public:
  ExactMatch(const MetricDefinition& metric, const std::string& where);
  bool equal(const std::string& prediction, const std::string& reference) const;

 private:
  std::string reduced(std::string text) const;
  MetricDefinition metric_;
  std::vector<ifeval::PythonPattern> ignored_;
};

}  // namespace evergreen
