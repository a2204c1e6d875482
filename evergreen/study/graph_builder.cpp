#include "evergreen/study/graph_builder.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen::study {
namespace {

constexpr double kStoredTokenBytes = 4, kStateBytes = 12, kTrainedBytes = 4;  // a token; of a parameter
constexpr uint64_t kSiblingStream = 1;  // of the world: other text than what the shipped pair read

int64_t steps_of(const TrainingPlan& plan, int64_t tokens) {
  return (tokens + plan.tokens_per_step() - 1) / plan.tokens_per_step();
}

double bytes_of_weights(const fs::path& directory) {
  double bytes = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".safetensors") bytes += static_cast<double>(entry.file_size());
  }
  return bytes;
}

void add_training(Step& step, const TrainingPlan& plan) {
  step.settings.merge(std::map<std::string, std::string>{
      {"learning-rate", plan.learning_rate ? fmt::to_string(*plan.learning_rate) : "not chosen"},
      {"rows", fmt::to_string(plan.rows)},
      {"row-tokens", fmt::to_string(plan.row_tokens)},
      {"schedule", plan.schedule},
      {"warmup-steps", fmt::to_string(plan.warmup_steps)},
      {"decay-steps", fmt::to_string(plan.decay_steps)},
      {"min-lr-ratio", fmt::to_string(plan.min_lr_ratio)},
      {"beta1", fmt::to_string(plan.beta1)},
      {"beta2", fmt::to_string(plan.beta2)},
      {"weight-decay", fmt::to_string(plan.weight_decay)},
      {"clip-norm", fmt::to_string(plan.clip_norm)}});
}

}  // namespace

size_t GraphBuilder::add(Step step) {
  std::map<std::string, std::string> contents;
  for (const auto& [role, path] : step.paths) contents[role] = identity(path);
  step.key = step_key(step, steps_, contents);
  const auto [found, is_new] = by_key_.emplace(step.key, steps_.size());
  if (is_new) steps_.push_back(std::move(step));
  return found->second;
}

const std::string& GraphBuilder::identity(const fs::path& path) {
  std::string& known = identities_[path.string()];
  if (known.empty()) known = content_identity(path);
  return known;
}

void GraphBuilder::refer(Step& step, const std::string& role, const ModelRef& model) {
  if (model.is_step()) {
    step.inputs[role] = model.step;
  } else {
    step.paths[role] = model.path;
  }
}

Step GraphBuilder::world_step(StepKind kind, const char* text, uint64_t future) const {
  Step step;
  step.kind = kind;
  step.settings = {{"source", "world"},
                   {"text", text},
                   {"pair-seed", fmt::to_string(plan_.world->pair_seed)},
                   {"future", fmt::to_string(future)}};
  return step;
}

Pair GraphBuilder::pair(const FamilyPlan& family, const VersionPlan& version,
                        const std::map<std::string, Pair>& earlier) {
  if (!version.from.empty()) return made_pair(version, earlier.at(version.from));
  const ModelConfig config = read_model_config(version.base);
  Pair pair;
  pair.name = family.name + " " + version.name;
  pair.base.path = pair.base_files = version.base;
  pair.instruct.path = pair.instruct_files = version.instruct;
  pair.size = model_size(config);
  read_model_config(version.instruct);  // told now if it is not there
  pair.model_bytes = bytes_of_weights(version.base);
  return pair;
}

Pair GraphBuilder::made_pair(const VersionPlan& version, const Pair& from) {
  Pair made = from;
  made.name = from.name + " -> " + version.name;
  const TrainingPlan& cpt = plan_.cpt;
  Step text = world_step(StepKind::prepare, "before", 0);
  text.settings["stream"] = fmt::to_string(kSiblingStream);
  text.settings["tokens"] = fmt::to_string(plan_.siblings.tokens);
  text.settings["seed"] = "0";
  text.paths["tokenizer"] = from.base_files;
  text.label = fmt::format("old text for {}", version.name);
  text.foreseen.disk_bytes = kStoredTokenBytes * static_cast<double>(plan_.siblings.tokens);
  TrainingRequest base{.plan = cpt, .start = from.base, .files = from.base_files, .config = "start"};
  base.data = add(text);
  base.steps = steps_of(cpt, plan_.siblings.tokens);
  base.dtype = "start";
  made.base.step = train(from, base, fmt::format("base of {}", made.name));
  TrainingRequest instruct{
      .plan = plan_.sft, .start = made.base, .files = from.instruct_files, .config = "instruct"};
  instruct.data =
      prepare_chats(from, kSiblingStream, plan_.siblings.sft_steps * plan_.sft.rows * 2, /*seed=*/0);
  instruct.steps = plan_.siblings.sft_steps;
  instruct.dtype = "start";
  made.instruct.step = train(from, instruct, fmt::format("instruct of {}", made.name));
  return made;
}

size_t GraphBuilder::prepare_text(const Pair& pair, const CptRequest& request) {
  const int64_t tokens = plan_.sizes.back();  // smaller sizes read the first steps of the same rows
  Step step;
  if (plan_.world) {
    step = world_step(StepKind::prepare, "after", request.seed);
    step.settings["replay"] = fmt::to_string(request.replay);
  } else {
    step.settings = {{"source", "corpus"}, {"text-field", plan_.corpus.text_field}};
    for (size_t i = 0; i < plan_.corpus.inputs.size(); ++i)
      step.paths[fmt::format("corpus-{:04}", i)] = plan_.corpus.inputs[i];
  }
  step.settings["tokens"] = fmt::to_string(tokens);
  step.settings["seed"] = fmt::to_string(plan_.world ? request.seed : 0);
  step.paths["tokenizer"] = pair.base_files;
  step.label = fmt::format("new text, {} tokens, seed {}", tokens, request.seed);
  step.foreseen.disk_bytes = kStoredTokenBytes * static_cast<double>(tokens);
  return add(std::move(step));
}

size_t GraphBuilder::prepare_replay(const Pair& pair, uint64_t seed) {
  Step step;
  step.settings = {{"source", "corpus"}, {"text-field", plan_.corpus.text_field}, {"seed", "0"}};
  const auto tokens = static_cast<int64_t>(std::ceil(plan_.replay * static_cast<double>(plan_.sizes.back())));
  step.settings["tokens"] = fmt::to_string(tokens);
  for (size_t i = 0; i < plan_.corpus.replay.size(); ++i)
    step.paths[fmt::format("corpus-{:04}", i)] = plan_.corpus.replay[i];
  step.paths["tokenizer"] = pair.base_files;
  step.label = fmt::format("replayed text, seed {}", seed);
  step.foreseen.disk_bytes = kStoredTokenBytes * static_cast<double>(tokens);
  return add(std::move(step));
}

size_t GraphBuilder::prepare_chats(const Pair& pair, uint64_t stream, int64_t conversations, uint64_t seed) {
  Step step;
  if (plan_.world) {
    step = world_step(StepKind::prepare, "instructions", 0);
    step.settings["stream"] = fmt::to_string(stream);
    step.settings["conversations"] = fmt::to_string(conversations);
  } else {
    step.settings = {{"source", "corpus"}, {"text", "instructions"}};
    step.paths["instructions"] = plan_.corpus.instructions;
  }
  step.settings["seed"] = fmt::to_string(seed);
  step.paths["tokenizer"] = pair.instruct_files;
  step.label = "instructions";
  return add(std::move(step));
}

size_t GraphBuilder::train(const Pair& pair, const TrainingRequest& r, const std::string& label) {
  Step step;
  step.kind = StepKind::train;
  step.label = label;
  add_training(step, r.plan);
  step.settings["steps"] = fmt::to_string(r.steps);
  step.settings["seed"] = fmt::to_string(r.seed);
  step.settings["config"] = r.config;
  step.settings["dtype"] = r.dtype;
  step.settings["lora-rank"] = fmt::to_string(r.lora_rank);
  if (r.lora_rank > 0) step.settings["lora-alpha"] = fmt::to_string(plan_.lora_alpha);
  refer(step, "start", r.start);
  step.paths["files"] = r.files;
  step.inputs["data"] = r.data;
  if (r.replay != SIZE_MAX) {
    step.inputs["replay"] = r.replay;
    step.settings["replay-share"] = fmt::to_string(r.replay_share);
  }
  if (r.continues != SIZE_MAX) step.inputs["continues"] = r.continues;
  const auto tokens = static_cast<double>((r.steps - r.steps_before) * r.plan.tokens_per_step());
  step.foreseen.tokens = tokens;
  step.foreseen.flops = training_flops(pair.size, tokens);
  if (plan_.compute.flops_per_second > 0)
    step.foreseen.seconds = step.foreseen.flops / plan_.compute.flops_per_second;
  step.foreseen.disk_bytes = pair.size.parameters * (kTrainedBytes + kStateBytes);
  return add(std::move(step));
}

ModelRef GraphBuilder::cpt(const Pair& pair, const ModelRef& start, const CptRequest& request) {
  const bool of_base = start.is_step() ? start.step == pair.base.step : start.path == pair.base.path;
  TrainingRequest r{.plan = plan_.cpt, .start = start};
  r.files = of_base ? pair.base_files : pair.instruct_files;
  r.config = "start";
  r.data = prepare_text(pair, request);
  if (!plan_.world && request.replay > 0 && !plan_.corpus.replay.empty()) {
    r.replay = prepare_replay(pair, request.seed);
    r.replay_share = request.replay;
  }
  r.seed = request.seed;
  r.steps = steps_of(plan_.cpt, request.size);
  r.lora_rank = request.lora_rank;
  const auto& sizes = plan_.sizes;
  const auto at = std::find(sizes.begin(), sizes.end(), request.size);
  if (plan_.cpt.schedule == "constant" && at != sizes.begin() && at != sizes.end() &&
      request.lora_rank == 0) {
    CptRequest before = request;
    before.size = *(at - 1);
    r.continues = cpt(pair, start, before).step;
    r.steps_before = steps_of(plan_.cpt, before.size);
  }
  return {{},
          train(pair, r,
                fmt::format("CPT of {}'s {}, {} tokens, seed {}{}", pair.name, of_base ? "base" : "instruct",
                            request.size, request.seed, r.lora_rank > 0 ? ", LoRA" : ""))};
}

ModelRef GraphBuilder::sft(const Pair& pair, const ModelRef& start, uint64_t seed, int64_t steps) {
  TrainingRequest r{.plan = plan_.sft, .start = start, .files = pair.instruct_files, .config = "instruct"};
  r.data = prepare_chats(pair, 0, plan_.sft_steps.back() * plan_.sft.rows * 2, seed);
  r.seed = seed;
  r.steps = steps;
  const auto& all = plan_.sft_steps;
  const auto at = std::find(all.begin(), all.end(), steps);
  if (plan_.sft.schedule == "constant" && at != all.begin() && at != all.end()) {
    r.continues = sft(pair, start, seed, *(at - 1)).step;
    r.steps_before = *(at - 1);
  }
  return {{}, train(pair, r, fmt::format("SFT of {}, {} steps, seed {}", pair.name, steps, seed))};
}

ModelRef GraphBuilder::graft(const Pair& pair, const ModelRef& new_base, const Pair& residual_of,
                             double scale) {
  Step step;
  step.kind = StepKind::graft;
  step.label = fmt::format("graft {} R of {} onto {}", scale, residual_of.name, pair.name);
  step.settings = {{"scale", fmt::to_string(scale)}};
  refer(step, "new-base", new_base);
  refer(step, "base", residual_of.base);
  refer(step, "instruct", residual_of.instruct);
  step.foreseen.flops = graft_flops(pair.size);
  step.foreseen.seconds = 4 * pair.model_bytes / plan_.compute.graft_bytes_per_second;
  step.foreseen.disk_bytes = pair.model_bytes;
  return {{}, add(std::move(step))};
}

size_t GraphBuilder::inspect(const Pair& pair, const ModelRef& new_base, uint64_t seed) {
  Step step;
  step.kind = StepKind::inspect;
  step.label = fmt::format("R and CPT shift of {}, seed {}", pair.name, seed);
  refer(step, "base", pair.base);
  refer(step, "instruct", pair.instruct);
  refer(step, "new-base", new_base);
  return add(std::move(step));
}

void GraphBuilder::add_tasks(Step& step, size_t index) {
  const EvaluationPlan& plan = plan_.evaluations[index];
  const std::string group = fmt::format("tasks-{:02}", index);
  step.settings[group] = fmt::to_string(plan.tasks.size());
  step.settings[group + "-chat"] = plan.chat ? "yes" : "no";
  if (plan.shots) step.settings[group + "-shots"] = fmt::to_string(*plan.shots);
  if (plan.multi_turn) step.settings[group + "-multi-turn"] = "yes";
  if (!plan.system_prompt.empty()) step.settings[group + "-system-prompt"] = plan.system_prompt;
  if (!plan.data.empty()) {
    step.paths[group + "-data"] = plan.data;
    if (!identities_.contains(plan.data))
      identities_[plan.data] = content_identity(plan.data, /*below=*/true);
  }
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const std::string& spec = plan.tasks[i];
    const std::string role = fmt::format("{}-{:04}", group, i);
    const size_t colon = spec.find(':');
    const bool is_file = colon == std::string::npos && spec.ends_with(".toml");
    step.settings[role] = is_file ? "" : spec.substr(0, colon);
    if (colon == std::string::npos && !is_file) continue;
    step.paths[role] = is_file ? spec : spec.substr(colon + 1);
    step.settings[role + "-name"] = step.paths[role].stem().string();  // in the results
  }
}

size_t GraphBuilder::evaluate(const ModelRef& model, const Pair& pair, uint64_t seed,
                              const std::string& what) {
  Step step;
  step.kind = StepKind::evaluate;
  if (plan_.world) {
    step = world_step(StepKind::evaluate, "items", seed);
    step.settings["items"] = fmt::to_string(plan_.world->items);
  } else {
    step.settings = {{"source", "tasks"}};
    for (size_t i = 0; i < plan_.evaluations.size(); ++i) add_tasks(step, i);
    if (!plan_.corpus.old_text.empty()) step.paths["old-text"] = plan_.corpus.old_text;
    step.settings["text-field"] = plan_.corpus.text_field;
    step.inputs["held-out"] = prepare_text(pair, {.size = plan_.sizes.back(), .seed = seed});
  }
  step.label = fmt::format("scores of {}: {}, seed {}", pair.name, what, seed);
  refer(step, "model", model);
  step.paths["template"] = pair.instruct_files;
  step.foreseen.seconds = plan_.compute.evaluation_seconds;
  return add(std::move(step));
}

}  // namespace evergreen::study
