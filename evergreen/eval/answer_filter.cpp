#include "evergreen/eval/answer_filter.hpp"

#include <algorithm>

#include "evergreen/base/error.hpp"
#include "evergreen/eval/answers.hpp"
#include "evergreen/ifeval/python_text.hpp"
#include "evergreen/text/jinja/text_methods.hpp"

namespace evergreen {
namespace {

ifeval::PythonPattern compile(const std::string& pattern, const std::string& where) {
  try {
    return ifeval::PythonPattern(pattern);
  } catch (const Error& error) {
    throw Error(error.kind(), error.problem(), where + ", pattern " + error.where(), error.next());
  }
}

std::string matched(const ifeval::PythonPattern& pattern, const FilterStep& step, const std::string& answer) {
  const std::vector<std::vector<std::string>> matches = pattern.find_all(answer);
  const auto count = static_cast<int64_t>(matches.size());
  const int64_t at = step.group_select < 0 ? count + step.group_select : step.group_select;
  if (at < 0 || at >= count) return step.fallback;
  const std::vector<std::string>& groups = matches[static_cast<size_t>(at)];
  if (groups.size() == 1) return std::string(strip(groups.front()));
  const auto found =
      std::find_if(groups.begin(), groups.end(), [](const std::string& g) { return !g.empty(); });
  return found == groups.end() ? step.fallback : std::string(strip(*found));
}

}  // namespace

AnswerFilter::AnswerFilter(const FilterDefinition& definition, const std::string& where)
    : name_(definition.name) {
  for (const FilterStep& step : definition.steps) {
    Step& made = steps_.emplace_back(Step{step, {}});
    if (step.function == "regex") made.pattern.push_back(compile(step.regex_pattern, where));
  }
}

std::string AnswerFilter::apply(std::string answer) const {
  for (const Step& s : steps_) {
    const std::string& function = s.step.function;
    if (function == "regex") answer = matched(s.pattern.front(), s.step, answer);
    if (function == "remove_whitespace") answer = strip(answer);
    if (function == "lowercase") answer = ifeval::lower(answer);
    if (function == "uppercase") answer = jinja::to_upper(answer);
    if (function == "map") {
      const auto found = s.step.mapping.find(answer);
      answer = found == s.step.mapping.end() ? s.step.fallback : found->second;
    }
  }
  return answer;
}

ExactMatch::ExactMatch(const MetricDefinition& metric, const std::string& where) : metric_(metric) {
  for (const std::string& pattern : metric.regexes_to_ignore) ignored_.push_back(compile(pattern, where));
}

std::string ExactMatch::reduced(std::string text) const {
  for (const ifeval::PythonPattern& pattern : ignored_) text = pattern.replace(text, "");
  if (metric_.ignore_case) text = ifeval::lower(text);
  std::erase_if(text, [&](char c) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    if (metric_.ignore_punctuation && ascii && std::ispunct(static_cast<unsigned char>(c))) return true;
    return metric_.ignore_numbers && c >= '0' && c <= '9';
  });
  return text;
}

bool ExactMatch::equal(const std::string& prediction, const std::string& reference) const {
  return reduced(prediction) == reduced(reference);
}

}  // namespace evergreen
