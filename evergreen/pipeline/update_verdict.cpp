#include "evergreen/pipeline/update_verdict.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/pipeline/evaluate_model.hpp"

namespace evergreen {
namespace {

bool is_text(const ScoreRow& row) { return row.name.task == kNewText || row.name.task == kOldText; }

std::string from_to(const ScoreRow& row) {
  return fmt::format("{} → {}", score_text(row, row.arms[kInstructArm]->value),
                     score_text(row, row.arms[kUpdatedArm]->value));
}

std::string sureness(const ScoreRow& row) {
  const Comparison& c = *row.updated_instruct;
  return fmt::format("difference {} over {} {}", difference_text(row, c), c.items,
                     is_text(row) ? "documents" : "items");
}

bool can_be_judged(const ScoreRow& row) {
  return row.updated_instruct && row.arms[kInstructArm] && row.arms[kUpdatedArm];
}

Reason task_reason(const ScoreRow& row) {
  const std::string metric = row.name.metric.substr(0, row.name.metric.find(','));
  if (!can_be_judged(row))
    return {Judgement::open, "not compared", row.name.task, metric + " was not measured on both models"};
  const Judgement judgement = judge_difference(row, *row.updated_instruct);
  return {judgement, judgement_name(judgement), row.name.task,
          fmt::format("{} {}, {}", metric, from_to(row), sureness(row))};
}

Reason new_text_reason(const ScoreRows& rows) {
  const ScoreRow* row = find_row(rows, kNewText);
  if (row == nullptr || !can_be_judged(*row))
    return {Judgement::open, "not measured", "new text", "no document was held out"};
  const Judgement judgement = judge_difference(*row, *row->updated_instruct);
  const char* word = judgement == Judgement::better  ? "learned"
                     : judgement == Judgement::worse ? "not learned"
                                                     : "no difference shown";
  std::string text = fmt::format("perplexity of held-out text {}, {}", from_to(*row), sureness(*row));
  if (row->arms[kBaseArm] && row->arms[kTrainedArm])
    text += fmt::format("; of the base {} → {}", score_text(*row, row->arms[kBaseArm]->value),
                        score_text(*row, row->arms[kTrainedArm]->value));
  return {judgement == Judgement::kept ? Judgement::unclear : judgement, word, "new text", text};
}

Reason old_text_reason(const ScoreRows& rows) {
  const ScoreRow* row = find_row(rows, kOldText);
  if (row == nullptr || !can_be_judged(*row))
    return {Judgement::open, "not measured", "old text", "--old-text FILE shows what is forgotten"};
  const Judgement judgement = judge_difference(*row, *row->updated_instruct);
  const char* word = judgement == Judgement::worse ? "partly forgotten" : judgement_name(judgement);
  return {judgement, word, "old text", fmt::format("perplexity {}, {}", from_to(*row), sureness(*row))};
}

Reason requirement_reason(const RequirementOutcome& r) {
  const auto number = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.5g}", *value) : std::string("not measured");
  };
  return {r.met ? Judgement::kept : Judgement::worse, r.met ? "met" : "missed", "required " + r.text,
          fmt::format("{} {} is {}, the bound {}", r.score.task, metric_text(r.score), number(r.value),
                      number(r.bound))};
}

std::string headline_of(const std::vector<Reason>& tasks, const Reason& new_text, const Reason& old_text,
                        const std::vector<RequirementOutcome>& requirements) {
  std::vector<std::string> parts = {"new text " + new_text.word};
  const auto count = [&](Judgement a, Judgement b) {
    return std::count_if(tasks.begin(), tasks.end(),
                         [&](const Reason& r) { return r.judgement == a || r.judgement == b; });
  };
  const auto kept = count(Judgement::better, Judgement::kept),
             worse = count(Judgement::worse, Judgement::worse);
  if (tasks.empty()) {
    parts.emplace_back("instruction following not measured");
  } else {
    std::string words =
        fmt::format("{} of {} {} kept or better", kept, tasks.size(), tasks.size() == 1 ? "task" : "tasks");
    if (worse > 0) words += fmt::format(", {} worse", worse);
    if (const auto open = static_cast<long>(tasks.size()) - kept - worse; open > 0)
      words += fmt::format(", {} unclear", open);
    parts.push_back(words);
  }
  parts.push_back("old text " + old_text.word);
  const auto missed =
      std::count_if(requirements.begin(), requirements.end(), [](const auto& r) { return !r.met; });
  if (!requirements.empty())
    parts.push_back(missed == 0 ? std::string("all requirements met")
                                : fmt::format("{} of {} requirements missed", missed, requirements.size()));
  std::string headline = parts[0];
  for (size_t i = 1; i < parts.size(); ++i) headline += "; " + parts[i];
  headline[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(headline[0])));
  return headline + ".";
}

}  // namespace

const char* judgement_name(Judgement judgement) {
  switch (judgement) {
    case Judgement::better:
      return "better";
    case Judgement::kept:
      return "kept";
    case Judgement::unclear:
      return "unclear";
    case Judgement::worse:
      return "worse";
    case Judgement::open:
      return "open";
  }
  return "";
}

Judgement judge_difference(const ScoreRow& row, const Comparison& c) {
  const double low = row.higher_is_better ? c.interval.low : -c.interval.high;
  const double high = row.higher_is_better ? c.interval.high : -c.interval.low;
  if (!std::isfinite(low) || !std::isfinite(high)) return Judgement::unclear;
  if (low > 0) return Judgement::better;
  if (low > -kKeptMargin * std::fabs(c.b)) return Judgement::kept;
  return high < 0 ? Judgement::worse : Judgement::unclear;
}

Verdict make_verdict(const ScoreRows& rows, const std::vector<RequirementOutcome>& requirements,
                     const std::vector<std::string>& notes) {
  std::vector<Reason> tasks;
  for (const ScoreRow& row : rows) {
    if (row.first && !row.member && !is_text(row)) tasks.push_back(task_reason(row));
  }
  const Reason new_text = new_text_reason(rows), old_text = old_text_reason(rows);
  Verdict verdict{headline_of(tasks, new_text, old_text, requirements), {}};
  for (const RequirementOutcome& r : requirements) verdict.reasons.push_back(requirement_reason(r));
  verdict.reasons.push_back(new_text);
  verdict.reasons.insert(verdict.reasons.end(), tasks.begin(), tasks.end());
  if (tasks.empty())
    verdict.reasons.push_back(
        {Judgement::open, "not measured", "instruction following",
         "--tasks ifeval:FILE,instructions:FILE,qa:FILE ... measures it before and after"});
  verdict.reasons.push_back(old_text);
  for (const std::string& note : notes) verdict.reasons.push_back({Judgement::open, "note", "", note});
  return verdict;
}

std::string verdict_text(const Verdict& verdict) {
  std::string text = verdict.headline + "\n";
  for (const Reason& r : verdict.reasons)
    text += fmt::format("  {:<19} {}{}{}\n", r.word, r.about, r.about.empty() ? "" : ": ", r.text);
  return text;
}

Html verdict_html(const Verdict& verdict) {
  std::vector<Remark> remarks;
  for (const Reason& r : verdict.reasons) {
    const Tone tone = r.judgement == Judgement::better || r.judgement == Judgement::kept ? Tone::good
                      : r.judgement == Judgement::worse                                  ? Tone::bad
                                                                                         : Tone::open;
    remarks.push_back({tone, r.word, r.about, r.text});
  }
  return html_remarks(remarks);
}

}  // namespace evergreen
