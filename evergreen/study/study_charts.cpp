#include "evergreen/study/study_charts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/report/heat_map_json.hpp"
#include "evergreen/study/runner.hpp"

namespace evergreen::study {
namespace {

ChartPoint point_of(double x, const ArmGroup& group, const std::string& score, bool percent) {
  if (!percent) return {x, group.total(score)};
  const Band band = group.band(score);
  return {x, 100 * band.mean, 100 * band.low, 100 * band.high};
}

// An arm of the plan's own scale, replay and training.
bool is_plain(const Arm& arm) {
  return arm.scale == 1 && !arm.other_replay && arm.lora_rank == 0 && arm.residual_of.empty();
}

}  // namespace

XyChart token_chart(const StudyFigures& figures, const std::string& family, const std::string& version,
                    const std::string& score) {
  const bool percent = !lower_is_better(score, figures.groups);
  XyChart chart{
      .title = score_title(score),
      .meaning = fmt::format("{} {}, against tokens of new text{}", family, version,
                             percent ? "; bands: 95 % over items within seeds" : "; lower is better"),
      .x_title = "tokens of continued pre-training",
      .y_title = percent ? "per cent" : "perplexity",
      .series = {}};
  if (percent) chart.y_low = 0, chart.y_high = 100;
  // Each curve begins at the model it started from.
  for (const auto& [kind, start] : {std::pair{ArmKind::updated, ArmKind::instruct},
                                    {ArmKind::instruct_cpt, ArmKind::instruct},
                                    {ArmKind::base_cpt, ArmKind::base}}) {
    ChartSeries series{arm_kind_name(kind), {}, true};
    for (const ArmGroup& group : figures.groups) {
      const Arm& arm = group.arm;
      if (arm.family != family || arm.version != version || !group.has(score) || !is_plain(arm)) continue;
      if (arm.kind == kind || arm.kind == start)
        series.points.push_back(point_of(static_cast<double>(arm.size), group, score, percent));
    }
    if (series.points.size() > 1) chart.series.push_back(std::move(series));
  }
  return chart;
}

XyChart trade_off_chart(const StudyFigures& figures) {
  const StudyPlan& plan = figures.study.plan;
  const std::string& family = plan.families.front().name;
  const std::string& version = plan.families.front().versions.front().name;
  XyChart chart{.title = "Knowledge gained, instruction kept",
                .meaning = fmt::format(
                    "{} {}, new text of {} tokens; to the right and up is better. Labels are scales of R",
                    family, version, human_count(static_cast<double>(plan.sizes.back()))),
                .x_title = score_title(plan.scores.knowledge) + ", per cent",
                .y_title = score_title(plan.scores.instruction) + ", per cent",
                .series = {},
                .y_low = 0,
                .y_high = 100,
                .x_low = 0};
  const auto place = [&](const ArmGroup& group, const std::string& label) {
    ChartPoint point =
        point_of(100 * group.total(plan.scores.knowledge), group, plan.scores.instruction, true);
    point.label = label;
    return point;
  };
  ChartSeries scales{"(base + CPT) + s R", {}, true};
  std::vector<std::pair<double, ChartPoint>> by_scale;
  std::vector<ChartSeries> others;
  for (const ArmGroup& group : figures.groups) {
    const Arm& arm = group.arm;
    if (arm.family != family || arm.version != version || !group.has(plan.scores.instruction) ||
        !group.has(plan.scores.knowledge))
      continue;
    if (arm.size != plan.sizes.back() && arm.kind != ArmKind::instruct) continue;
    const bool curve = arm.kind == ArmKind::updated && !arm.other_replay && arm.lora_rank == 0;
    if (curve) {
      by_scale.emplace_back(arm.scale, place(group, human_number(arm.scale)));
    } else if (arm.kind == ArmKind::instruct || arm.kind == ArmKind::instruct_cpt ||
               (arm.kind == ArmKind::updated && !is_plain(arm)) || arm.kind == ArmKind::sft) {
      // The costliest tuning alone, so that the plane stays readable.
      if (arm.kind == ArmKind::sft && arm.sft_steps != plan.sft_steps.back()) continue;
      if (arm.kind == ArmKind::instruct_cpt && !is_plain(arm)) continue;
      others.push_back({arm.label(), {place(group, "")}, false});
    }
  }
  std::sort(by_scale.begin(), by_scale.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [scale, point] : by_scale) {
    point.low.reset(), point.high.reset();  // a band around a way through the plane would say nothing
    scales.points.push_back(point);
  }
  if (!scales.points.empty()) chart.series.push_back(std::move(scales));
  for (ChartSeries& series : others) chart.series.push_back(std::move(series));
  return chart;
}

HeatMap version_map(const StudyFigures& figures, const FamilyPlan& family, bool with_cpt) {
  const StudyPlan& plan = figures.study.plan;
  HeatMap map;
  map.title = with_cpt ? "After CPT" : "Without CPT";
  map.meaning = fmt::format("{} in per cent: residual of the column on {} of the row",
                            score_title(plan.scores.instruction), with_cpt ? "the trained base" : "the base");
  map.row_title = "base of";
  map.group = with_cpt ? "versions, CPT" : "versions";
  bool any = false;
  for (const VersionPlan& version : family.versions) map.columns.push_back("R of " + version.name);
  for (const VersionPlan& row : family.versions) {
    HeatRow cells{row.name, {}};
    for (const VersionPlan& column : family.versions) {
      const bool own = row.name == column.name;
      // Its own residual on its own base is its own instruct model.
      const ArmKind kind = with_cpt ? (own ? ArmKind::updated : ArmKind::sibling_cpt)
                                    : (own ? ArmKind::instruct : ArmKind::sibling);
      const ArmGroup* group = find_group(plan, figures.groups,
                                         {.kind = kind,
                                          .family = family.name,
                                          .version = row.name,
                                          .size = with_cpt ? plan.sizes.back() : 0,
                                          .residual_of = own ? "" : column.name});
      cells.values.push_back(group != nullptr && group->has(plan.scores.instruction)
                                 ? std::optional(100 * group->total(plan.scores.instruction))
                                 : std::nullopt);
      any |= cells.values.back().has_value();
    }
    map.rows.push_back(std::move(cells));
  }
  if (!any || family.versions.size() < 2) map.rows.clear();
  return map;
}

std::vector<HeatMap> inspection_maps(const Study& study, const Inspection& inspection,
                                     const fs::path& directory) {
  const auto text = read_result(directory, study.steps[inspection.step]);
  if (!text) return {};
  const std::string where = result_directory(directory, study.steps[inspection.step]).string();
  const Json result = json_get<Json>(parse_json(*text, where), "result", where);
  std::vector<HeatMap> maps = read_heat_maps(json_get<Json>(result, "maps", where).dump(), where);
  for (HeatMap& map : maps) map.group = fmt::format("{} {}", inspection.family, inspection.version);
  return maps;
}

BarChart cost_chart(const StudyFigures& figures) {
  BarChart chart{"Compute of the arms",
                 "core-minutes of what each arm needs, at the largest size, mean over seeds",
                 "core-min",
                 {},
                 {},
                 false};
  const StudyPlan& plan = figures.study.plan;
  for (const StepKind kind : kStepKinds) chart.parts.emplace_back(step_kind_name(kind));
  for (const ArmGroup& group : figures.groups) {
    const Arm& arm = group.arm;
    if (arm.family != plan.families.front().name ||
        arm.version != plan.families.front().versions.front().name)
      continue;
    const bool main = arm.kind == ArmKind::base || arm.kind == ArmKind::instruct ||
                      (arm.size == plan.sizes.back() && arm.scale == 1 && !arm.other_replay &&
                       arm.kind != ArmKind::sibling_cpt);
    if (!main) continue;
    ChartBar bar{arm.label(), std::vector<double>(std::size(kStepKinds), 0.0)};
    for (const ArmResult* result : group.results) {
      for (size_t i = 0; i < bar.parts.size(); ++i)
        bar.parts[i] +=
            result->account.by_kind[i].core_seconds / 60 / static_cast<double>(group.results.size());
    }
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

BarChart tuning_chart(const StudyFigures& figures) {
  BarChart chart{"What gives instruction following back",
                 "FLOPs of the graft, and of an SFT after so many steps; at the end the score",
                 "FLOPs",
                 {"FLOPs"},
                 {},
                 true};
  for (const TuningCost& cost : figures.tuning) {
    chart.bars.push_back({fmt::format("graft onto {} {}", cost.family, cost.version),
                          {cost.graft_flops},
                          fmt::format("{:.1f} %", 100 * cost.graft_score)});
    for (const TuningCost::Budget& budget : cost.budgets)
      chart.bars.push_back({fmt::format("SFT, {} steps", budget.steps),
                            {budget.flops},
                            fmt::format("{:.1f} %", 100 * budget.score)});
  }
  return chart;
}

}  // namespace evergreen::study
