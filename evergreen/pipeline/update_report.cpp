#include "evergreen/pipeline/update_report.hpp"

#include <cmath>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/version.hpp"
#include "evergreen/pipeline/update_page.hpp"
#include "evergreen/report/terminal.hpp"
#include "evergreen/residual/model_card.hpp"

namespace evergreen {
namespace {

Json parsed(const std::string& text) {
  return text.empty() ? Json::object() : parse_json(text, "a finished stage");
}

// A row for each score, a figure for each model.
std::string terminal_table(const ScoreRows& rows) {
  Table table{"", {"", ""}, {}, 2};
  for (const char* arm : kUpdateArms) table.columns.emplace_back(arm);
  for (const ScoreRow& row : rows) {
    std::vector<std::string> cells = {row.name.task, metric_text(row.name)};
    for (const auto& arm : row.arms) cells.push_back(arm ? score_text(row, arm->value) : "-");
    table.rows.push_back(std::move(cells));
  }
  return table.rows.empty() ? std::string() : "\n" + text_table(table);
}

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}
OrderedJson number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? OrderedJson(*value) : OrderedJson();
}

OrderedJson comparisons_json(const ScoreRows& rows) {
  OrderedJson all = OrderedJson::array();
  for (const ScoreRow& row : rows) {
    for (const auto& [a, b, c] : {std::tuple("updated", "instruct", &row.updated_instruct),
                                  std::tuple("base + CPT", "base", &row.trained_base)}) {
      if (!*c) continue;
      const Comparison& found = **c;
      all.push_back({{"task", row.name.task},
                     {"metric", row.name.metric},
                     {"a", a},
                     {"b", b},
                     {"difference", number(finite(found.a - found.b))},
                     {"interval", {number(finite(found.interval.low)), number(finite(found.interval.high))}},
                     {"p_value", number(finite(found.p_value))},
                     {"test", found.exact ? "mcnemar exact" : "paired bootstrap"},
                     {"items", found.items}});
    }
  }
  return all;
}

OrderedJson requirements_json(const std::vector<RequirementOutcome>& outcomes) {
  OrderedJson all = OrderedJson::array();
  for (const RequirementOutcome& r : outcomes)
    all.push_back({{"requirement", r.text},
                   {"task", r.score.task},
                   {"metric", r.score.metric},
                   {"value", number(r.value)},
                   {"bound", number(r.bound)},
                   {"met", r.met}});
  return all;
}

OrderedJson verdict_json(const Verdict& verdict) {
  OrderedJson json = {{"headline", verdict.headline}};
  json["reasons"] = OrderedJson::array();
  for (const Reason& r : verdict.reasons)
    json["reasons"].push_back(
        {{"judgement", judgement_name(r.judgement)}, {"word", r.word}, {"about", r.about}, {"text", r.text}});
  return json;
}

OrderedJson costs_json(const std::vector<StageCost>& costs) {
  OrderedJson all = OrderedJson::array();
  for (const StageCost& c : costs)
    all.push_back({{"stage", c.stage}, {"tokens", c.tokens}, {"flops", c.flops}, {"seconds", c.seconds}});
  return all;
}

OrderedJson answers_json(const std::vector<AnswerPair>& answers) {
  OrderedJson all = OrderedJson::array();
  for (const AnswerPair& a : answers)
    all.push_back(
        {{"question", a.question}, {"wanted", a.wanted}, {"instruct", a.instruct}, {"updated", a.updated}});
  return all;
}

std::string report_json(const UpdateInputs& inputs, const UpdateResults& results, const UpdateFigures& f) {
  OrderedJson json;
  json["evergreen"] = kVersion;
  json["command"] = "update";
  json["settings"] = inputs.settings;
  json["tokens"] = OrderedJson::parse(results.tokens);
  json["cpt"] = OrderedJson::parse(results.train);
  json["scale"] = f.scale;
  if (!results.scale.empty()) json["scale_search"] = OrderedJson::parse(results.scale);
  json["residual"] = OrderedJson::parse(results.graft);
  if (!results.layers.empty()) json["layers"] = OrderedJson::parse(results.layers);
  for (const std::string& evaluation : results.evaluations)
    json["scores"].push_back(OrderedJson::parse(evaluation).at("scores"));
  json["comparisons"] = comparisons_json(f.rows);
  json["requirements"] = requirements_json(f.requirements);
  json["verdict"] = verdict_json(f.verdict);
  json["answers"] = answers_json(f.answers);
  json["costs"] = costs_json(f.costs);
  return to_text(json);
}

std::string joined(const CorpusInputs& inputs) { return fmt::format("{}", fmt::join(inputs, ", ")); }

std::string front_matter(const UpdateOptions& options, const fs::path& made_from) {
  return fmt::format(
      "---\nlibrary_name: transformers\nbase_model: {}\ntags:\n- evergreen\n- "
      "continued-pretraining\n{}---\n\n",
      hub_name(made_from),
      options.scale != 0 && made_from == options.instruct ? "- instruction-residual\n" : "");
}

}  // namespace

UpdateReport make_update_report(const UpdateOptions& options, const UpdateInputs& inputs,
                                const UpdateResults& results) {
  const UpdateFigures figures =
      update_figures(options, inputs, results, update_provenance(options, inputs, results));
  const Json train = parsed(results.train);
  UpdateReport report;
  report.relative_residual = figures.relative_residual;
  report.scale = options.scale;
  report.train.steps = train.at("steps").get<int64_t>();
  report.train.tokens = train.at("tokens").get<int64_t>();
  report.train.first_loss = train.at("first_loss").get<double>();
  report.train.final_loss = train.at("final_loss").get<double>();
  report.train.seconds = train.at("seconds").get<double>();
  report.json = report_json(inputs, results, figures);
  report.html = update_page(figures);
  for (const RequirementOutcome& r : figures.requirements) {
    if (!r.met)
      report.missed.push_back(fmt::format("{}: {} against {}", r.text,
                                          r.value ? fmt::format("{:.5g}", *r.value) : "not measured",
                                          r.bound ? fmt::format("{:.5g}", *r.bound) : "not measured"));
  }
  report.summary =
      fmt::format("{}\n\n{} tokens of new text in {} steps; |R| / |base| = {:.4f}, scale {}\n{}\n{}",
                  options.out.string(), report.train.tokens, report.train.steps, report.relative_residual,
                  options.scale, terminal_table(figures.rows), verdict_text(figures.verdict));
  return report;
}

Provenance update_provenance(const UpdateOptions& options, const UpdateInputs& inputs,
                             const UpdateResults& results) {
  const Json tokens = parsed(results.tokens), pair = parsed(results.pair), graft = parsed(results.graft);
  const auto hash = [](const Json& json, const char* name) {
    return json_get_or<std::string>(json, name, "", "a finished stage");
  };
  Provenance provenance;
  provenance.command = "update";
  provenance.inputs = {{"base", options.base.string(), hash(pair, "base_hash")},
                       {"instruct", options.instruct.string(), hash(pair, "instruct_hash")},
                       {"corpus", joined(options.recipe.inputs), hash(tokens, "corpus_hash")}};
  if (!options.replay.empty())
    provenance.inputs.push_back({"replay", joined(options.replay), hash(tokens, "replay_hash")});
  if (options.start_from)
    provenance.inputs.push_back({"start-from", inputs.start.string(), inputs.settings.at("start-from")});
  provenance.weights_hash = hash(graft, "weights_hash");
  for (const auto& [name, value] : inputs.settings) {
    if (name != "base" && name != "instruct" && name != "corpus" && name != "start-from")
      provenance.settings[name] = value;
  }
  if (options.scale_search) provenance.settings["scale-found"] = fmt::to_string(options.scale);
  provenance.seed = options.train.packing.seed;
  return provenance;
}

std::string updated_card(const UpdateOptions& options, const UpdateReport& report) {
  return front_matter(options, options.instruct) +
         fmt::format(
             "# {}\n\n{} brought up to date: its base model {} was trained further on new text, then what "
             "instruction tuning had\n"
             "added was added again (arXiv 2410.10739):\n\n    updated = cpt(base, new text) + {} * "
             "(instruct - base)\n\n"
             "```\n{}```\n\nMade by evergreen {}; inputs and settings are in evergreen.json, all figures in "
             "report.json and report.html. The trained base\n"
             "is in `base/`: the next update starts from it (`--start-from`).\n",
             options.out.filename().string(), hub_name(options.instruct), hub_name(options.base),
             options.scale, report.summary, kVersion);
}

std::string base_card(const UpdateOptions& options) {
  return front_matter(options, options.base) +
         fmt::format(
             "# {}, trained further\n\nThe base model {} after continued pre-training on new text, made by "
             "evergreen {}. "
             "Settings are in evergreen.json.\n",
             hub_name(options.base), hub_name(options.base), kVersion);
}

}  // namespace evergreen
