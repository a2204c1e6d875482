#include "evergreen/pipeline/requirement.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

constexpr const char* kForm = "SCORE >= NUMBER, or SCORE >= [FACTOR*]ARM[+NUMBER]: ifeval>=0.95*instruct";
const std::vector<std::string> kArms = {"base", "instruct", "trained-base"};

[[noreturn]] void refuse(const std::string& text, const std::string& why, const std::string& next = kForm) {
  throw Error(ErrorKind::usage, fmt::format("the requirement '{}' {}", text, why), {}, next);
}

// Takes a finite number from the front of `rest`.
std::optional<double> take_number(std::string_view& rest) {
  double value = 0;
  const std::string_view digits = rest.starts_with('+') ? rest.substr(1) : rest;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  rest = std::string_view(end, static_cast<size_t>(rest.data() + rest.size() - end));
  return value;
}

// [FACTOR *] ARM [+ NUMBER], or NUMBER.
void read_bound(std::string_view rest, Requirement& r) {
  if (const std::optional<double> number = take_number(rest)) {
    if (rest.empty()) {
      r.offset = *number;
      return;
    }
    if (!rest.starts_with('*')) refuse(r.text, "has no '*' between factor and model");
    r.factor = *number;
    rest.remove_prefix(1);
  }
  for (const std::string& arm : kArms) {
    if (rest.starts_with(arm)) r.arm = arm;  // no arm begins with another
  }
  const std::string_view tail = rest.substr(r.arm.size());
  if (r.arm.empty() || (!tail.empty() && tail[0] != '+' && tail[0] != '-')) {
    const std::string name(rest.substr(0, rest.find('+')));
    refuse(r.text, name.empty() ? "has nothing to compare with" : fmt::format("has no model '{}'", name),
           name.empty() ? kForm : suggest_name(name, kArms));
  }
  rest = tail;
  if (rest.empty()) return;
  const std::optional<double> offset = take_number(rest);
  if (!offset || !rest.empty()) refuse(r.text, "does not end with a number");
  r.offset = *offset;
}

std::string without_filter(const std::string& metric) { return metric.substr(0, metric.find(',')); }

const std::string* find_metric(const KnownScores& task, const std::string& name) {
  for (const std::string& metric : task.metrics) {
    if (metric == name || without_filter(metric) == name) return &metric;
  }
  return nullptr;
}

// By its name, or by its kind where no other task is of it.
const KnownScores* find_task(const std::string& name, const std::vector<KnownScores>& known) {
  const KnownScores* of_kind = nullptr;
  int kinds = 0;
  for (const KnownScores& task : known) {
    if (task.task == name) return &task;
    if (task.task.starts_with(name + ":")) of_kind = &task, ++kinds;
  }
  return kinds == 1 ? of_kind : nullptr;
}

std::vector<std::string> all_names(const std::vector<KnownScores>& known) {
  std::vector<std::string> names;
  for (const KnownScores& task : known) {
    names.push_back(task.task);
    const std::string kind = task.task.substr(0, task.task.find(':'));
    if (find_task(kind, known) != nullptr) names.push_back(kind);
    for (const std::string& metric : task.metrics) {
      names.push_back(task.task + "/" + without_filter(metric));
      names.push_back(without_filter(metric));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::optional<ScoreName> metric_of_one_task(const std::string& name, const std::vector<KnownScores>& known,
                                            const std::string& text) {
  std::vector<ScoreName> found;
  for (const KnownScores& task : known) {
    if (const std::string* metric = find_metric(task, name)) found.push_back({task.task, *metric});
  }
  if (found.size() > 1)
    refuse(text, fmt::format("leaves open which task's {} is meant", name),
           fmt::format("write {}/{} or {}/{}", found[0].task, name, found[1].task, name));
  return found.empty() ? std::nullopt : std::optional(found.front());
}

}  // namespace

Requirement parse_requirement(const std::string& text) {
  std::string dense = text;
  std::erase(dense, ' ');
  const size_t at = dense.find_first_of("<>");
  if (at == std::string::npos || at == 0) refuse(text, at == 0 ? "names no score" : "has none of >= <= > <");
  const size_t length = at + 1 < dense.size() && dense[at + 1] == '=' ? 2 : 1;
  Requirement r{text, dense.substr(0, at), dense.substr(at, length), {}, 1, 0};
  read_bound(std::string_view(dense).substr(at + length), r);
  return r;
}

ScoreName find_score(const Requirement& r, const std::vector<KnownScores>& known) {
  if (const KnownScores* task = find_task(r.score, known)) return {task->task, task->metrics.front()};
  const size_t slash = r.score.rfind('/');
  const KnownScores* task = slash == std::string::npos ? nullptr : find_task(r.score.substr(0, slash), known);
  if (task != nullptr) {
    const std::string name = r.score.substr(slash + 1);
    if (const std::string* metric = find_metric(*task, name)) return {task->task, *metric};
    refuse(r.text, fmt::format("names '{}', which {} does not have", name, task->task),
           suggest_name(name, task->metrics));
  }
  if (const auto found = metric_of_one_task(r.score, known, r.text)) return *found;
  refuse(r.text, fmt::format("names '{}', which is not among the scores", r.score),
         suggest_name(r.score, all_names(known)));
}

RequirementOutcome judge(const Requirement& r, const ScoreName& score, const ScoreOf& score_of) {
  RequirementOutcome outcome{r.text, score, score_of("updated", score), r.offset, false};
  if (!r.arm.empty()) {
    outcome.bound = score_of(r.arm, score);
    if (outcome.bound) *outcome.bound = r.factor * *outcome.bound + r.offset;
  }
  if (!outcome.value || !outcome.bound) return outcome;
  const double value = *outcome.value, bound = *outcome.bound;
  const bool beyond = r.comparison[0] == '>' ? value > bound : value < bound;
  outcome.met = beyond || (r.comparison.size() == 2 && value == bound);
  return outcome;
}

}  // namespace evergreen
