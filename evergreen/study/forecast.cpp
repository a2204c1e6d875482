#include "evergreen/study/forecast.hpp"

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/report/terminal.hpp"
#include "evergreen/study/scores.hpp"

namespace evergreen::study {
namespace {

std::string flops_text(double flops) { return flops == 0 ? "–" : fmt::format("{:.3g}", flops); }
std::string seconds_text(double seconds) { return seconds == 0 ? "–" : human_seconds(seconds); }

Table arm_table(const Study& study, const std::vector<StepCost>& costs) {
  Table table{
      "Arms", {"family", "version", "arm", "new tokens", "seed", "trained tokens", "FLOPs", "time"}, {}, 3};
  for (const Arm& arm : study.arms) {
    const Account account = account_of(study.steps, costs, steps_needed(study.steps, arm.evaluate));
    const StepCost total = account.total();
    table.rows.push_back({arm.family, arm.version, arm.label(), human_count(static_cast<double>(arm.size)),
                          fmt::to_string(arm.seed),
                          human_count(account.by_kind[static_cast<size_t>(StepKind::train)].tokens),
                          flops_text(total.flops), seconds_text(total.seconds)});
  }
  return table;
}

Table step_table(const Study& study, const StudyForecast& f) {
  Table table{"What is left", {"step", "number", "tokens", "FLOPs", "disk", "time"}, {}, 1};
  for (const StepKind kind : kStepKinds) {
    size_t count = 0;
    for (const Step& step : study.steps) count += step.kind == kind ? 1 : 0;
    const StepCost& cost = f.total.by_kind[static_cast<size_t>(kind)];
    table.rows.push_back({step_kind_name(kind), fmt::to_string(count), human_count(cost.tokens),
                          flops_text(cost.flops), human_bytes(cost.disk_bytes), seconds_text(cost.seconds)});
  }
  return table;
}

// The rate at which finished training steps were done; 0 where there is none.
double measured_rate(const Study& study, const StudyResults& results) {
  double flops = 0, seconds = 0;
  for (size_t i = 0; i < study.steps.size(); ++i) {
    if (study.steps[i].kind != StepKind::train) continue;
    flops += results.costs[i].flops, seconds += results.costs[i].seconds;
  }
  return seconds > 0 ? flops / seconds : 0;
}

std::string notes(const Study& study, const StudyForecast& f) {
  std::string text;
  if (f.rate == 0)
    text += "No time is foreseen for training: the plan has no compute.flops-per-second.\n";
  else
    text += fmt::format("Training time by {:.3g} FLOPs a second ({}).\n", f.rate,
                        f.measured ? "measured in this study" : "the plan's figure");
  for (const auto& [name, training] : {std::pair{"cpt", &study.plan.cpt}, {"sft", &study.plan.sft}}) {
    if (training->rows > 0 && !training->learning_rate)
      text += fmt::format("{}.learning-rate is not chosen: the study asks for it before it runs.\n", name);
  }
  return text;
}

}  // namespace

StudyForecast forecast(const Study& study, const fs::path& directory) {
  const StudyResults results = read_results(study, directory);
  StudyForecast f;
  f.steps = study.steps.size(), f.finished = results.finished_steps();
  f.rate = measured_rate(study, results);
  f.measured = f.rate > 0;
  if (!f.measured) f.rate = study.plan.compute.flops_per_second;
  std::vector<StepCost> costs;
  for (size_t i = 0; i < study.steps.size(); ++i) {
    StepCost cost = study.steps[i].foreseen;
    if (study.steps[i].kind == StepKind::train && f.rate > 0) cost.seconds = cost.flops / f.rate;
    costs.push_back(cost);
    if (!results.finished[i]) f.total.add(study.steps[i].kind, cost);
  }
  f.disk_free_bytes = static_cast<double>(free_bytes(directory));
  const StepCost total = f.total.total();
  f.text = fmt::format(
      "{}\n{}: {} arms, {} steps, of which {} are finished\n\n{}\nin all: {} trained tokens, {} FLOPs, {} of "
      "disk ({} are "
      "free), {}\n{}",
      text_table(arm_table(study, costs)), study.plan.name, study.arms.size(), f.steps, f.finished,
      text_table(step_table(study, f)),
      human_count(f.total.by_kind[static_cast<size_t>(StepKind::train)].tokens), flops_text(total.flops),
      human_bytes(total.disk_bytes), human_bytes(f.disk_free_bytes), seconds_text(total.seconds),
      notes(study, f));
  OrderedJson json = {{"arms", study.arms.size()},
                      {"steps", f.steps},
                      {"finished", f.finished},
                      {"trained_tokens", f.total.by_kind[static_cast<size_t>(StepKind::train)].tokens},
                      {"flops", total.flops},
                      {"disk_bytes", total.disk_bytes},
                      {"disk_free_bytes", f.disk_free_bytes},
                      {"seconds", total.seconds},
                      {"flops_per_second", f.rate}};
  f.json = to_text(json);
  return f;
}

}  // namespace evergreen::study
