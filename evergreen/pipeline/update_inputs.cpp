#include "evergreen/pipeline/update_inputs.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/eval/prompt_file.hpp"
#include "evergreen/eval/tasks.hpp"
#include "evergreen/model/parameters.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/evaluate_model.hpp"
#include "evergreen/pipeline/fingerprint.hpp"
#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/residual.hpp"
#include "evergreen/residual/token_rows.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {
namespace {

fs::path start_directory(const UpdateOptions& options) {
  if (!options.start_from) return options.base;
  const fs::path kept = *options.start_from / "base";
  return fs::exists(kept / "config.json") ? kept : *options.start_from;
}

}  // namespace

CorpusRecipe replay_recipe(const UpdateOptions& options) {
  CorpusRecipe recipe = options.recipe;
  recipe.inputs = options.replay;
  recipe.corpus.date_field = recipe.corpus.since = recipe.corpus.until = {};
  return recipe;
}

namespace {

// What shows that these are not the base and the instruct model made from it, although all shapes agree.
void require_a_pair(const UpdateInputs& in, const UpdateOptions& options) {
  if (fingerprint(in.base_weights) != fingerprint(in.instruct_weights)) return;
  throw Error(ErrorKind::input,
              "the base and the instruct model have the same weights: there is no residual to add",
              fmt::format("{} and {}", options.base.string(), options.instruct.string()),
              "pass the base as --base and the model tuned from it as --instruct");
}

std::map<std::string, std::string> settings_of(const UpdateOptions& o, const UpdateInputs& in) {
  const TrainOptions& t = o.train;
  std::map<std::string, std::string> settings = {
      {"base", fingerprint(in.base_weights)},
      {"instruct", fingerprint(in.instruct_weights)},
      {"start-from", fingerprint(in.start_weights)},
      {"corpus", corpus_fingerprint(o.recipe.inputs)},
      {"replay", o.replay.empty() ? "none" : corpus_fingerprint(o.replay)},
      {"replay-share", fmt::to_string(o.replay_share)},
      {"packing", packing_name(t.packing.method)},
      {"scale", o.scale_search ? "auto" : fmt::to_string(o.scale)},
      {"added-tokens", added_tokens_name(o.added_tokens)},
      {"held-out", fmt::to_string(o.held_out)},
      {"max-tokens", fmt::to_string(o.max_tokens)},
      {"dtype", o.dtype ? std::string(dtype_name(*o.dtype)) : "as the base"},
      {"sequence-length", fmt::to_string(t.packing.row_tokens)},
      {"batch-rows", fmt::to_string(t.packing.rows)},
      {"micro-rows", fmt::to_string(t.micro_rows)},
      {"seed", fmt::to_string(t.packing.seed)},
      {"steps", fmt::to_string(t.steps)},
      {"epochs", fmt::to_string(t.epochs)},
      {"schedule", schedule_name(t.schedule.kind)},
      {"learning-rate", fmt::to_string(t.schedule.peak)},
      {"min-lr-ratio", fmt::to_string(t.schedule.min_ratio)},
      {"warmup-steps", fmt::to_string(t.schedule.warmup_steps)},
      {"decay-steps", fmt::to_string(t.schedule.decay_steps)},
      {"beta1", fmt::to_string(t.optimizer.beta1)},
      {"beta2", fmt::to_string(t.optimizer.beta2)},
      {"eps", fmt::to_string(t.optimizer.eps)},
      {"weight-decay", fmt::to_string(t.optimizer.weight_decay)},
      {"precision", precision_name(t.precision)},
      {"clip-norm", fmt::to_string(t.clip_norm)},
      {"tasks", fmt::format("{}", fmt::join(o.tasks, ","))},
      {"data", o.data.string()},
      {"shots", o.shots ? fmt::to_string(*o.shots) : "as each task says"},
      {"old-text", o.old_text ? corpus_fingerprint({*o.old_text}) : "none"}};
  if (o.scale_search) {
    settings["scale-grid"] = fmt::format("{}", fmt::join(o.scale_search->grid, ","));
    settings["scale-prompts"] = fmt::format("{}", fmt::join(o.scale_search->tasks, ","));
    settings["scale-items"] = in.search->identity;
  }
  settings.merge(recipe_settings(o.recipe));
  return settings;
}

TaskOptions asked_as(const UpdateOptions& o) { return {.chat = true, .data = o.data, .shots = o.shots}; }

}  // namespace

std::vector<KnownScores> known_scores(const UpdateOptions& options) {
  std::vector<KnownScores> known;
  const auto add = [&](const std::string& name, const TaskInfo& info) {
    if (std::any_of(known.begin(), known.end(), [&](const KnownScores& k) { return k.task == name; })) return;
    KnownScores scores{name, {}};
    for (const MetricInfo& metric : info.metrics) scores.metrics.push_back(metric.name + "," + metric.filter);
    known.push_back(std::move(scores));
  };
  for (const auto& task : make_tasks(options.tasks, asked_as(options))) {
    for (const std::string& group : task->info().groups) add(group, task->info());
    add(task->info().name, task->info());
  }
  const std::vector<std::string> perplexities = {"token_perplexity,none", "word_perplexity,none",
                                                 "byte_perplexity,none", "bits_per_byte,none"};
  if (options.held_out > 0) known.push_back({kNewText, perplexities});
  if (options.old_text) known.push_back({kOldText, perplexities});
  return known;
}

UpdateInputs check_update(UpdateOptions& options) {
  require_new_output(options.out);
  if (!std::isfinite(options.scale)) {
    throw Error(ErrorKind::usage, fmt::format("the scale {} is not a finite number", options.scale));
  }
  const fs::path start = start_directory(options);
  UpdateInputs in{start,
                  CheckpointReader(options.base),
                  CheckpointReader(options.instruct),
                  CheckpointReader(start),
                  read_model_config(options.base),
                  {},
                  {},
                  {},
                  {},
                  {}};
  in.notes = require_pair(in.base_weights, in.instruct_weights, {.added_tokens = options.added_tokens});
  require_parameters(in.start_weights, in.base_config);
  require_compatible({"base", &in.base_weights}, {"model to start from", &in.start_weights});
  require_a_pair(in, options);
  load_tokenizer(options.base);
  load_tokenizer(options.instruct);
  if (options.scale_search)
    in.search = check_scale_search(*options.scale_search, options.tasks, asked_as(options));
  const std::vector<KnownScores> known = known_scores(options);
  for (const std::string& text : options.requirements) {
    const Requirement requirement = parse_requirement(text);
    in.requirements.emplace_back(requirement, find_score(requirement, known));
  }
  if (options.prompts) in.prompts = read_prompts(*options.prompts);
  settle_row_tokens(options.train.packing, in.base_config, options.base);
  require_readable_corpus(options.recipe);
  if (!options.replay.empty()) require_readable_corpus(replay_recipe(options));
  in.settings = settings_of(options, in);
  return in;
}

}  // namespace evergreen
