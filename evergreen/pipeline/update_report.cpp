#include "evergreen/pipeline/update_report.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/version.hpp"
#include "evergreen/residual/model_card.hpp"

namespace evergreen {
namespace {

Json parsed(const std::string& text) {
  return text.empty() ? Json::object() : parse_json(text, "a finished stage");
}

// "perplexity:new  token_perplexity" -> a row of one figure for each model.
std::string score_table(const Json& scores) {
  std::string head = fmt::format("{:<44}", "");
  for (const Json& model : scores) head += fmt::format("{:>14}", model.at("model").get<std::string>());
  std::string table = head + "\n";
  if (scores.empty()) return table;
  for (const auto& [task, metrics] : scores.front().at("results").items()) {
    for (const auto& [metric, value] : metrics.items()) {
      if (!value.is_number() || metric.find("_stderr") != std::string::npos) continue;
      const std::string name = task + "  " + metric.substr(0, metric.find(','));
      std::string row = fmt::format("{:<44}", name);
      for (const Json& model : scores) {
        const Json& figure = model.at("results").at(task).at(metric);
        row +=
            figure.is_number() ? fmt::format("{:>14.4f}", figure.get<double>()) : fmt::format("{:>14}", "-");
      }
      table += row + "\n";
    }
  }
  return table;
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
  const Json train = parsed(results.train), graft = parsed(results.graft), scores = parsed(results.scores);
  UpdateReport report;
  report.relative_residual = graft.at("relative_residual").get<double>();
  report.train.steps = train.at("steps").get<int64_t>();
  report.train.tokens = train.at("tokens").get<int64_t>();
  report.train.first_loss = train.at("first_loss").get<double>();
  report.train.final_loss = train.at("final_loss").get<double>();
  report.train.seconds = train.at("seconds").get<double>();
  OrderedJson json;
  json["evergreen"] = kVersion;
  json["command"] = "update";
  json["settings"] = inputs.settings;
  json["tokens"] = OrderedJson::parse(results.tokens);
  json["cpt"] = OrderedJson::parse(results.train);
  json["residual"] = OrderedJson::parse(results.graft);
  json["scores"] = OrderedJson::parse(results.scores);
  report.json = to_text(json);
  report.summary = fmt::format("{}\n\n{} tokens of new text in {} steps; |R| / |base| = {:.4f}, scale {}\n{}",
                               options.out.string(), report.train.tokens, report.train.steps,
                               report.relative_residual, options.scale, score_table(scores));
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
             "report.json. The trained base\n"
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
