#include "evergreen/pipeline/update_figures.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/model_size.hpp"
#include "evergreen/report/heat_map_json.hpp"

namespace evergreen {
namespace {

constexpr const char* kWhere = "a finished stage";

Json parsed(const std::string& text) { return text.empty() ? Json::object() : parse_json(text, kWhere); }

double number(const Json& json, const char* name) { return json_get_or<double>(json, name, 0, kWhere); }

std::optional<LayerFigures> layer_figures(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const Json json = parsed(text);
  return LayerFigures{number(json, "relative_residual"), number(json, "relative_shift"),
                      number(json, "cosine"),
                      read_heat_maps(json_get<Json>(json, "maps", kWhere).dump(), kWhere)};
}

std::optional<ScaleFigures> scale_figures(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const Json json = parsed(text);
  ScaleFigures figures;
  figures.measured_on = json_get<std::string>(json, "measured_on", kWhere);
  for (const Json& point : json_get<Json>(json, "points", kWhere))
    figures.points.push_back({number(point, "scale"), number(point, "score"), number(point, "score_error"),
                              number(point, "perplexity")});
  figures.choice = choose_scale(figures.points);
  return figures;
}

std::vector<AnswerPair> answer_pairs(const UpdateResults& results) {
  const Json instruct = parsed(results.evaluations[kInstructArm]),
             updated = parsed(results.evaluations[kUpdatedArm]);
  const Json of_instruct = json_get_or<Json>(instruct, "samples", Json::array(), kWhere);
  const Json of_updated = json_get_or<Json>(updated, "samples", Json::array(), kWhere);
  std::vector<AnswerPair> pairs;
  for (size_t i = 0; i < std::min(of_instruct.size(), of_updated.size()); ++i)
    pairs.push_back({json_get<std::string>(of_updated[i], "question", kWhere),
                     json_get<std::string>(of_updated[i], "wanted", kWhere),
                     json_get<std::string>(of_instruct[i], "answer", kWhere),
                     json_get<std::string>(of_updated[i], "answer", kWhere)});
  return pairs;
}

// Of all steps, also those that a killed run had done.
double training_seconds(const std::vector<StepMetrics>& steps) {
  double seconds = 0;
  int64_t before = 0;
  for (const StepMetrics& step : steps) {
    if (step.tokens_per_second > 0)
      seconds += static_cast<double>(step.tokens - before) / step.tokens_per_second;
    before = step.tokens;
  }
  return seconds;
}

class Costs {
 public:
  Costs(const UpdateInputs& inputs, const UpdateResults& results)
      : results_(results), size_(model_size(inputs.base_config)) {}

  std::vector<StageCost> all() const {
    const Json tokens = parsed(results_.tokens), train = parsed(results_.train),
               scale = parsed(results_.scale);
    const double trained = number(train, "tokens"), searched = number(scale, "tokens");
    std::vector<StageCost> costs = {{"check of the pair", 0, 0, seconds("pair")},
                                    {"text to tokens", number(tokens, "tokens"), 0, seconds("tokens")},
                                    {"continued pre-training", trained, training_flops(size_, trained),
                                     std::max(seconds("cpt"), training_seconds(results_.steps))}};
    if (!results_.scale.empty()) {
      const auto grafts = static_cast<double>(json_get<Json>(scale, "points", kWhere).size());
      costs.push_back({"search for the scale", searched,
                       evaluation_flops(size_, searched) + grafts * graft_flops(size_), seconds("scale")});
    }
    costs.push_back({"graft of the residual", 0, graft_flops(size_), seconds("graft")});
    if (!results_.layers.empty()) costs.push_back({"layer maps", 0, 0, seconds("layers")});
    double evaluated = 0;
    for (const std::string& evaluation : results_.evaluations)
      evaluated += number(parsed(evaluation), "tokens");
    costs.push_back(
        {"evaluation of four models", evaluated, evaluation_flops(size_, evaluated), seconds("evaluate")});
    return costs;
  }

 private:
  // Of the stage, and of its parts ("evaluate-base").
  double seconds(const std::string& stage) const {
    double sum = 0;
    for (const auto& [name, value] : results_.seconds) {
      if (name == stage || name.starts_with(stage + "-")) sum += value;
    }
    return sum;
  }

  const UpdateResults& results_;
  ModelSize size_;
};

std::vector<std::string> verdict_notes(const UpdateFigures& f) {
  std::vector<std::string> notes;
  if (f.search) {
    const ScalePoint& point = f.search->points.at(f.search->choice.chosen);
    notes.push_back(f.search->choice.undecided
                        ? fmt::format("no scale of the residual followed any prompt of {}: {} was kept",
                                      f.search->measured_on, human_number(point.scale))
                        : fmt::format("scale {} was chosen on {}: {:.1f} % there, perplexity {:.3f}",
                                      human_number(point.scale), f.search->measured_on, 100 * point.score,
                                      point.perplexity));
  }
  const auto left_out = std::count_if(f.steps.begin(), f.steps.end(),
                                      [](const StepMetrics& step) { return !step.left_out.empty(); });
  if (left_out > 0) notes.push_back(fmt::format("{} training steps were left out by the guard", left_out));
  return notes;
}

}  // namespace

UpdateFigures update_figures(const UpdateOptions& options, const UpdateInputs& inputs,
                             const UpdateResults& results, const Provenance& provenance) {
  const Json train = parsed(results.train);
  UpdateFigures f;
  f.name = options.out.filename().string();
  f.scale = options.scale;
  f.relative_residual = number(parsed(results.graft), "relative_residual");
  f.trained_tokens = json_get<int64_t>(train, "tokens", kWhere);
  f.training_steps = json_get<int64_t>(train, "steps", kWhere);
  f.rows = score_rows(results.evaluations);
  for (const auto& [requirement, name] : inputs.requirements)
    f.requirements.push_back(judge(requirement, name, [&](const std::string& arm, const ScoreName& score) {
      return score_of(f.rows, arm, score);
    }));
  f.layers = layer_figures(results.layers);
  f.search = scale_figures(results.scale);
  f.answers = answer_pairs(results);
  f.costs = Costs(inputs, results).all();
  f.steps = results.steps;
  f.validation = results.validation;
  f.provenance = provenance;
  f.verdict = make_verdict(f.rows, f.requirements, verdict_notes(f));
  return f;
}

}  // namespace evergreen
