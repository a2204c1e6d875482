#include "evergreen/pipeline/update_page.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/version.hpp"
#include "evergreen/eval/answers.hpp"
#include "evergreen/pipeline/evaluate_model.hpp"
#include "evergreen/pipeline/update_charts.hpp"

namespace evergreen {
namespace {

constexpr const char* kDash = "–";

std::string p_text(double p) {
  if (!std::isfinite(p)) return kDash;
  return p < 1e-4 ? std::string("< 0.0001") : fmt::format("{:.4f}", p);
}

std::string flops_text(double flops) { return flops > 0 ? fmt::format("{:.3g}", flops) : kDash; }

Html key_figures(const UpdateFigures& f) {
  std::vector<KeyFigure> figures;
  for (const ScoreRow& row : f.rows) {
    const bool old_text = row.name.task == kOldText;
    if (!row.first || row.member || old_text || figures.size() == 3 || !row.arms[kUpdatedArm]) continue;
    const auto& instruct = row.arms[kInstructArm];
    figures.push_back({score_text(row, row.arms[kUpdatedArm]->value),
                       row.name.task == kNewText ? "perplexity, new text" : row.name.task,
                       instruct ? "instruct: " + score_text(row, instruct->value) : ""});
  }
  figures.push_back({fmt::format("{:.4f}", f.relative_residual), "|R| / |base|",
                     fmt::format("scale {}{}", human_number(f.scale), f.search ? ", searched" : "")});
  if (f.layers) {
    figures.push_back({fmt::format("{:.4f}", f.layers->relative_shift), "|S| / |base|", "what CPT added"});
    figures.push_back({fmt::format("{:.3f}", f.layers->cosine), "cos(R, S)", "0: they do not interfere"});
  }
  double seconds = 0;
  for (const StageCost& cost : f.costs) seconds += cost.seconds;
  figures.push_back({human_count(static_cast<double>(f.trained_tokens)), "tokens trained on",
                     human_seconds(seconds) + " in all"});
  return html_key_figures(figures);
}

Html verdict_section(const UpdateFigures& f) {
  Html body = html_paragraph(f.verdict.headline);
  body += verdict_html(f.verdict);
  body += html_details(
      "How this is judged",
      html_paragraph(fmt::format(
          "The updated model against the instruct model, item by item. Better: the 95 % interval of the "
          "paired "
          "difference lies above 0. Kept: it lies above -{:.0f} % of the instruct model's score. Worse: it "
          "lies "
          "below 0. Unclear: neither, the items are too few. A perplexity is turned round, lower is better.",
          100 * kKeptMargin)));
  return html_section("Verdict", body);
}

Html score_section(const UpdateFigures& f) {
  Html body;
  std::vector<Html> charts;
  for (const BarChart& chart : score_charts(f.rows)) charts.push_back(html_bar_chart(chart));
  if (!charts.empty()) body += html_side_by_side(charts);
  body += html_details("All scores, with standard errors and paired tests",
                       html_table(score_table(f.rows, false)), true);
  const Table members = score_table(f.rows, true);
  if (!members.rows.empty()) body += html_details("Tasks inside groups", html_table(members));
  body += html_paragraph(
      "± is the standard error. Differences are of updated - instruct, paired over items, with 95 % "
      "intervals: "
      "Newcombe's where items are right or wrong, with McNemar's exact p; else of a bootstrap, and its p. "
      "Each p is of its score alone, not adjusted for the number of scores. "
      "Base and base + CPT are asked without the chat template.");
  return html_section("Before and after", body);
}

Html scale_section(const UpdateFigures& f) {
  if (!f.search) return {};
  std::vector<Html> charts;
  for (const XyChart& chart : scale_charts(*f.search)) charts.push_back(html_xy_chart(chart));
  const ScaleChoice& choice = f.search->choice;
  Table table{"Scales tried", {"scale", "", "score", "standard error", "perplexity"}, {}, 2};
  for (size_t i = 0; i < f.search->points.size(); ++i) {
    const ScalePoint& p = f.search->points[i];
    table.rows.push_back({human_number(p.scale),
                          i == choice.chosen  ? "chosen"
                          : choice.as_good[i] ? "as good"
                                              : "",
                          fmt::format("{:.1f} %", 100 * p.score), fmt::format("{:.1f}", 100 * p.score_error),
                          fmt::format("{:.4f}", p.perplexity)});
  }
  Html body = html_paragraph(scale_rule_text());
  if (choice.undecided)
    body += html_paragraph(
        "No scale followed a single prompt, so the rule had nothing to go by: the scale nearest to 1 was "
        "kept.");
  body += html_side_by_side(charts);
  body += html_details("Scales tried", html_table(table));
  return html_section("The scale of the residual", body);
}

Html training_section(const UpdateFigures& f) {
  std::vector<Html> charts;
  for (const XyChart& chart : {loss_chart(f.steps), validation_chart(f.validation)}) {
    if (!chart.series.empty() && !chart.series[0].points.empty()) charts.push_back(html_xy_chart(chart));
  }
  if (charts.empty()) return {};
  return html_section("Training", html_side_by_side(charts));
}

Html layer_section(const UpdateFigures& f) {
  if (!f.layers || f.layers->maps.empty()) return {};
  std::vector<Html> maps;
  for (const HeatMap& map : f.layers->maps) maps.push_back(html_heat_map(map));
  Html body = html_paragraph(
      "R = instruct - base is what instruction tuning added, S = trained base - base what continued "
      "pre-training "
      "added. cos(R, S) near 0: the two moved in unrelated directions; near -1: one undoes the other.");
  const auto& inputs = f.provenance.inputs;
  if (std::any_of(inputs.begin(), inputs.end(),
                  [](const ProvenanceInput& i) { return i.role == "start-from"; }))
    body +=
        html_paragraph("Training started from an earlier update: S holds what that one had added as well.");
  body += html_side_by_side(maps);
  return html_section("What changed in the weights", body);
}

Html answer_section(const UpdateFigures& f) {
  if (f.answers.empty()) return {};
  Html body;
  const auto shown = [](const std::string& text) {
    const std::string_view inside = strip(text);
    return inside.empty() ? std::string("(nothing)") : std::string(inside);
  };
  for (const AnswerPair& pair : f.answers) {
    body += html_quote("asked", shown(pair.question));
    std::vector<Html> answers = {html_quote("instruct", shown(pair.instruct)),
                                 html_quote("updated", shown(pair.updated))};
    if (!pair.wanted.empty()) answers.push_back(html_quote("right", shown(pair.wanted)));
    body += html_side_by_side(answers);
  }
  return html_section("The same questions before and after", body);
}

Html cost_section(const UpdateFigures& f) {
  Table table{"Costs by stage", {"stage", "tokens", "FLOPs", "time"}, {}, 1};
  StageCost sum{"sum"};
  const auto add = [&](const StageCost& c) {
    table.rows.push_back({c.stage, c.tokens > 0 ? human_count(c.tokens) : kDash, flops_text(c.flops),
                          human_seconds(c.seconds)});
  };
  for (const StageCost& cost : f.costs) {
    add(cost);
    sum.flops += cost.flops, sum.seconds += cost.seconds;
  }
  add(sum);
  Html body = html_side_by_side({html_bar_chart(time_chart(f.costs)), html_table(table)});
  body += html_paragraph(
      "Training: 6 N FLOPs a token, N the weights in matrix products; evaluation 2 N; a graft 3 P, P all "
      "parameters. Time is of the call that finished a stage; of training, of all its steps.");
  return html_section("What it cost", body);
}

Html provenance_section(const UpdateFigures& f) {
  Table inputs{"Inputs", {"input", "path", "hash"}, {}, 3};
  for (const ProvenanceInput& input : f.provenance.inputs)
    inputs.rows.push_back({input.role, input.path, input.hash});
  inputs.rows.push_back({"updated model", f.name, f.provenance.weights_hash});
  Table settings{"Settings", {"setting", "value"}, {}, 2};
  for (const auto& [name, value] : f.provenance.settings) settings.rows.push_back({name, value});
  Html body = html_table(inputs);
  body += html_details("Settings", html_table(settings));
  return html_section("Where it comes from", body);
}

}  // namespace

Table score_table(const ScoreRows& rows, bool members) {
  Table table{"Scores before and after", {"task", "metric"}, {}, 2};
  for (const char* arm : kUpdateArms) table.columns.emplace_back(arm);
  table.columns.insert(table.columns.end(), {"updated - instruct", "p", "items"});
  for (const ScoreRow& row : rows) {
    if (row.member != members) continue;
    std::vector<std::string> cells = {row.name.task, metric_text(row.name)};
    for (const auto& arm : row.arms) cells.push_back(arm ? score_text(row, *arm) : kDash);
    const auto& c = row.updated_instruct;
    cells.push_back(c ? difference_text(row, *c) : kDash);
    cells.push_back(c ? p_text(c->p_value) : kDash);
    cells.push_back(c ? std::to_string(c->items) : kDash);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string update_page(const UpdateFigures& f) {
  Html body = key_figures(f);
  for (const Html& section : {verdict_section(f), score_section(f), scale_section(f), training_section(f),
                              layer_section(f), answer_section(f), cost_section(f), provenance_section(f)})
    body += section;
  return html_page(
      {f.name, fmt::format("updated = cpt(base, new text) + {} * (instruct - base)", human_number(f.scale)),
       fmt::format("Made by evergreen {} (arXiv 2410.10739). The same figures are in report.json.", kVersion),
       body});
}

}  // namespace evergreen
