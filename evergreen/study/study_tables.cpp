#include "evergreen/study/study_tables.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/human.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/report/markdown.hpp"

namespace evergreen::study {
namespace {

std::string size_text(int64_t tokens) { return tokens == 0 ? "–" : human_count(static_cast<double>(tokens)); }
std::string number(double value) { return fmt::format("{}", value); }
std::string p_text(double p) { return p < 0.0001 ? "< 0.0001" : fmt::format("{:.2g}", p); }

// A share in per cent with its 95 % interval; a perplexity.
std::string score_text(const ArmGroup& group, const std::string& score, const std::vector<ArmGroup>& groups) {
  if (!group.has(score)) return "–";
  if (lower_is_better(score, groups)) return fmt::format("{:.2f}", group.total(score));
  const Band band = group.band(score);
  return fmt::format("{:.1f} ({:.0f}–{:.0f})", 100 * group.total(score), 100 * band.low, 100 * band.high);
}

std::string cost_text(double flops) { return flops == 0 ? "–" : fmt::format("{:.3g}", flops); }

std::vector<std::string> cost_cells(const Account& account, double watts) {
  std::vector<std::string> cells;
  for (const StepKind kind : {StepKind::train, StepKind::graft, StepKind::evaluate})
    cells.push_back(cost_text(account.by_kind[static_cast<size_t>(kind)].flops));
  const StepCost total = account.total();
  cells.push_back(human_count(account.by_kind[static_cast<size_t>(StepKind::train)].tokens));
  cells.push_back(fmt::format("{:.3f}", total.core_seconds / 3600));
  cells.push_back(fmt::format("{:.4f}", kilowatt_hours(total, watts)));
  return cells;
}

std::vector<std::string> arm_cells(const Arm& arm) {
  return {arm.family,
          arm.version,
          arm.label(),
          number(static_cast<double>(arm.size)),
          fmt::to_string(arm.seed),
          number(arm.scale),
          number(arm.replay)};
}

void require_scores(const StudyPlan& plan, const std::vector<ArmGroup>& groups) {
  if (groups.empty()) return;
  std::vector<std::string> known;
  for (const auto& [score, values] : groups.front().results.front()->scores) known.push_back(score);
  std::vector<std::string> wanted = plan.scores.average;
  wanted.insert(wanted.end(), {plan.scores.instruction, plan.scores.knowledge, plan.scores.quality});
  for (const std::string& score : wanted) {
    if (score.empty() || std::find(known.begin(), known.end(), score) != known.end()) continue;
    throw Error(ErrorKind::input, fmt::format("no evaluation of the study has the score '{}'", score),
                plan.file.string(),
                suggest_name(score, known) + "; no step has to be done again for another [scores]");
  }
}

}  // namespace

StudyFigures study_figures(const Study& study, const fs::path& directory) {
  StudyFigures figures{study, read_results(study, directory), {}, {}, {}};
  figures.groups = group_arms(study, figures.results);
  require_scores(study.plan, figures.groups);
  figures.findings = find(study, figures.groups);
  figures.tuning = tuning_costs(study, figures.groups);
  return figures;
}

std::vector<std::string> shown_scores(const StudyFigures& figures) {
  const ScorePlan& plan = figures.study.plan.scores;
  std::vector<std::string> wanted = {plan.instruction, plan.knowledge};
  wanted.insert(wanted.end(), plan.average.begin(), plan.average.end());
  wanted.insert(wanted.end(), {"perplexity:new,token_perplexity,none", "perplexity:old,token_perplexity,none",
                               plan.quality});
  std::vector<std::string> shown;
  for (const std::string& score : wanted) {
    const bool there = std::any_of(figures.groups.begin(), figures.groups.end(),
                                   [&](const ArmGroup& group) { return group.has(score); });
    if (there && std::find(shown.begin(), shown.end(), score) == shown.end()) shown.push_back(score);
  }
  return shown;
}

Table score_table(const StudyFigures& figures, const std::string& family, const std::string& version) {
  Table table{fmt::format("{} {}: scores in per cent (95 % interval), perplexities; mean over seeds", family,
                          version),
              {"arm", "new tokens", "seeds"},
              {},
              1};
  const auto scores = shown_scores(figures);
  for (const std::string& score : scores) table.columns.push_back(score_title(score));
  for (const ArmGroup& group : figures.groups) {
    if (group.arm.family != family || group.arm.version != version) continue;
    std::vector<std::string> row = {group.arm.label(), size_text(group.arm.size),
                                    fmt::to_string(group.seeds.size())};
    for (const std::string& score : scores) row.push_back(score_text(group, score, figures.groups));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table finding_table(const StudyFigures& figures) {
  Table table{
      "Findings of the paper in this study", {"finding", "claim", "in the paper", "here", "why"}, {}, 5};
  for (const Finding& f : figures.findings)
    table.rows.push_back({f.name, f.claim, f.paper, verdict_name(f.verdict), f.reason});
  return table;
}

Table finding_parts_table(const Finding& finding) {
  Table table{finding.name + ": comparisons",
              {"compared", "difference", "95 % interval", "items", "by seed", "p", "p (Holm)", "verdict"},
              {},
              1};
  for (const FindingPart& part : finding.parts) {
    const BlockDifference& d = part.difference;
    std::string by_seed;
    for (size_t i = 0; i < d.by_block.size() && d.by_block.size() <= 5; ++i)
      by_seed += fmt::format("{}{:+.3g}", i > 0 ? ", " : "", part.scale * d.by_block[i]);
    table.rows.push_back({part.what, fmt::format("{:+.3g}", part.scale * d.difference),
                          fmt::format("{:+.3g} to {:+.3g}", part.scale * d.low, part.scale * d.high),
                          fmt::to_string(d.items), by_seed.empty() ? "–" : by_seed,
                          part.tested ? p_text(d.p_value) : "–",
                          part.tested ? p_text(part.adjusted) : "by interval", verdict_name(part.verdict)});
  }
  return table;
}

Table cost_table(const StudyFigures& figures) {
  Table table{"What each arm costs, mean over seeds; steps it shares with others are counted for each",
              {"arm", "new tokens", "training FLOPs", "graft FLOPs", "evaluation FLOPs", "trained tokens",
               "core-hours", "kWh"},
              {},
              1};
  const double watts = figures.study.plan.compute.watts_per_core;
  for (const ArmGroup& group : figures.groups) {
    Account mean;
    for (const ArmResult* result : group.results) {
      for (const StepKind kind : kStepKinds) {
        StepCost part = result->account.by_kind[static_cast<size_t>(kind)];
        const auto seeds = static_cast<double>(group.results.size());
        for (double* value : {&part.tokens, &part.flops, &part.seconds, &part.core_seconds, &part.disk_bytes})
          *value /= seeds;
        mean.add(kind, part);
      }
    }
    std::vector<std::string> row = {
        fmt::format("{} {}: {}", group.arm.family, group.arm.version, group.arm.label()),
        size_text(group.arm.size)};
    for (const std::string& cell : cost_cells(mean, watts)) row.push_back(cell);
    table.rows.push_back(std::move(row));
  }
  std::vector<std::string> total = {"the study, every step once", "–"};
  for (const std::string& cell : cost_cells(figures.results.total, watts)) total.push_back(cell);
  table.rows.push_back(std::move(total));
  return table;
}

// Points above the base that was only pre-trained further: what tuning, or the graft, added.
Table recovery_table(const StudyFigures& figures) {
  const StudyPlan& plan = figures.study.plan;
  Table table{"Cost of each point of instruction following above base + CPT, beyond the CPT itself",
              {"way", "new tokens", "points", "FLOPs", "FLOPs a point"},
              {},
              1};
  for (const ArmGroup& group : figures.groups) {
    const bool grafted = group.arm.kind == ArmKind::updated && group.arm.scale == 1 &&
                         !group.arm.other_replay && group.arm.lora_rank == 0;
    if ((!grafted && group.arm.kind != ArmKind::sft) || !group.has(plan.scores.instruction)) continue;
    const ArmGroup* before = find_group(plan, figures.groups,
                                        {.kind = ArmKind::base_cpt,
                                         .family = group.arm.family,
                                         .version = group.arm.version,
                                         .size = group.arm.size});
    const auto gained = compare_groups(&group, before, plan.scores.instruction);
    if (!gained) continue;
    const auto flops = [](const ArmGroup& arm, StepKind kind) {
      return arm.results.front()->account.by_kind[static_cast<size_t>(kind)].flops;
    };
    double extra = flops(group, StepKind::graft);
    if (!grafted) extra = flops(group, StepKind::train) - flops(*before, StepKind::train);
    const double points = 100 * gained->difference;
    table.rows.push_back({fmt::format("{} {}: {}", group.arm.family, group.arm.version, group.arm.label()),
                          size_text(group.arm.size), fmt::format("{:.1f}", points), cost_text(extra),
                          points > 0 ? cost_text(extra / points) : "nothing recovered"});
  }
  return table;
}

Table tuning_table(const StudyFigures& figures) {
  Table table{
      "SFT of the CPT'd base against the graft", {"way", "score", "FLOPs", "times the graft's"}, {}, 1};
  for (const TuningCost& cost : figures.tuning) {
    table.rows.push_back({fmt::format("{} {}: graft, 3 P", cost.family, cost.version),
                          fmt::format("{:.1f}", 100 * cost.graft_score), cost_text(cost.graft_flops), "1"});
    for (const TuningCost::Budget& budget : cost.budgets)
      table.rows.push_back({fmt::format("SFT, {} steps, 6 N tokens", budget.steps),
                            fmt::format("{:.1f}", 100 * budget.score), cost_text(budget.flops),
                            fmt::format("{:.0f}", budget.flops / cost.graft_flops)});
  }
  return table;
}

std::string scores_csv(const StudyFigures& figures) {
  std::string text = csv_line(
      {"family", "version", "arm", "new_tokens", "seed", "scale", "replay", "score", "value", "items"});
  for (const ArmResult& result : figures.results.arms) {
    for (const auto& [score, values] : result.scores) {
      std::vector<std::string> row = arm_cells(figures.study.arms[result.arm]);
      row.insert(row.end(), {score, number(values.total()), fmt::to_string(values.values.size())});
      text += csv_line(row);
    }
  }
  return text;
}

std::string costs_csv(const StudyFigures& figures) {
  std::string text = csv_line({"family", "version", "arm", "new_tokens", "seed", "scale", "replay", "step",
                               "tokens", "flops", "seconds", "core_seconds", "kwh", "disk_bytes"});
  const auto line = [&](std::vector<std::string> row, StepKind kind, const StepCost& cost) {
    row.insert(row.end(), {step_kind_name(kind), number(cost.tokens), number(cost.flops),
                           number(cost.seconds), number(cost.core_seconds),
                           number(kilowatt_hours(cost, figures.study.plan.compute.watts_per_core)),
                           number(cost.disk_bytes)});
    text += csv_line(row);
  };
  for (const StepKind kind : kStepKinds) {
    for (const ArmResult& result : figures.results.arms)
      line(arm_cells(figures.study.arms[result.arm]), kind,
           result.account.by_kind[static_cast<size_t>(kind)]);
    line({"", "", "the study, every step once", "", "", "", ""}, kind,
         figures.results.total.by_kind[static_cast<size_t>(kind)]);
  }
  return text;
}

std::string findings_csv(const StudyFigures& figures) {
  std::string text = csv_line({"finding", "claim", "verdict", "compared", "difference", "low_95", "high_95",
                               "items", "p", "p_holm", "part_verdict"});
  for (const Finding& f : figures.findings) {
    if (f.parts.empty())
      text += csv_line({f.name, f.claim, verdict_name(f.verdict), f.reason, "", "", "", "", "", "", ""});
    for (const FindingPart& part : f.parts)
      text +=
          csv_line({f.name, f.claim, verdict_name(f.verdict), part.what, number(part.difference.difference),
                    number(part.difference.low), number(part.difference.high),
                    fmt::to_string(part.difference.items), part.tested ? number(part.difference.p_value) : "",
                    part.tested ? number(part.adjusted) : "", verdict_name(part.verdict)});
  }
  return text;
}

}  // namespace evergreen::study
