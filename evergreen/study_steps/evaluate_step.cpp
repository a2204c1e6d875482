#include "evergreen/study_steps/evaluate_step.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/demo/world_tasks.hpp"
#include "evergreen/eval/engine_model.hpp"
#include "evergreen/eval/item_scores.hpp"
#include "evergreen/eval/sample_answers.hpp"
#include "evergreen/eval/tasks.hpp"
#include "evergreen/study/cost.hpp"
#include "evergreen/text/tokenizer.hpp"
#include "evergreen/world/corpus.hpp"

namespace evergreen::study {
namespace {

constexpr int64_t kValidationWords = 20'000;
constexpr size_t kSamples = 6;

// The first `count` of each kind.
std::vector<world::Item> first_items(std::vector<world::Item> items, int64_t count) {
  if (count == 0) return items;
  std::map<world::ItemKind, int64_t> taken;
  std::erase_if(items, [&](const world::Item& item) { return taken[item.kind]++ >= count; });
  return items;
}

fs::path write_text(const StepWork& work, const world::World& world, bool after) {
  const fs::path file = work.out / (after ? "new_text.jsonl" : "old_text.jsonl");
  std::string lines;
  const auto take = [&](const world::Document& document) { lines += world::to_json_line(document) + "\n"; };
  const int64_t items = work.whole("items");
  world::CorpusOptions options{.words = items > 0 ? 100 * items : kValidationWords,
                               .purpose = world::TextPurpose::validation,
                               .replay = 0};
  after ? world::text_after_cut_off(world, options, take) : world::text_before_cut_off(world, options, take);
  replace_file(file, lines);
  return file;
}

// Those of one [[evaluation]] of the plan, as GraphBuilder::add_tasks has written them down.
void add_tasks(Tasks& tasks, const StepWork& work, const std::string& group) {
  const auto given = [&](const char* key) { return work.step.settings.contains(group + key); };
  TaskOptions options{.chat = work.setting(group + "-chat") == "yes"};
  if (given("-shots")) options.shots = work.whole(group + "-shots");
  if (given("-system-prompt")) options.system_prompt = work.setting(group + "-system-prompt");
  options.multi_turn = given("-multi-turn");
  if (const auto data = work.inputs.find(group + "-data"); data != work.inputs.end())
    options.data = data->second;
  std::vector<std::string> specs;
  for (int64_t i = 0; i < work.whole(group); ++i) {
    const std::string role = fmt::format("{}-{:04}", group, i), name = work.setting(role);
    const auto file = work.inputs.find(role);
    if (file == work.inputs.end()) {
      specs.push_back(name);
    } else {
      specs.push_back(name.empty() ? file->second.string() : name + ":" + file->second.string());
    }
  }
  for (std::unique_ptr<Task>& task : make_tasks(specs, options)) tasks.push_back(std::move(task));
}

Tasks tasks_of(const StepWork& work) {
  Tasks tasks;
  if (work.setting("source") == "world") {
    const world::World world =
        world::make_world({static_cast<uint64_t>(work.whole("pair-seed")),
                           static_cast<uint64_t>(work.whole("future")), world::ItemSet::report});
    tasks = world_tasks(first_items(world::make_items(world), work.whole("items")));
    tasks.push_back(perplexity_task("perplexity:new", write_text(work, world, true), {}));
    tasks.push_back(perplexity_task("perplexity:old", write_text(work, world, false), {}));
    return tasks;
  }
  for (size_t group = 0; work.step.settings.contains(fmt::format("tasks-{:02}", group)); ++group)
    add_tasks(tasks, work, fmt::format("tasks-{:02}", group));
  const TaskOptions text{.text_field = work.setting("text-field")};
  tasks.push_back(
      perplexity_task("perplexity:new", work.inputs.at("held-out") / "data" / "held_out.jsonl", {}));
  if (work.inputs.contains("old-text"))
    tasks.push_back(perplexity_task("perplexity:old", work.inputs.at("old-text"), text));
  return tasks;
}

OrderedJson samples_json(const Evaluation& evaluation) {
  OrderedJson json = OrderedJson::array();
  for (const evergreen::SampleAnswer& sample : first_answers(evaluation, kSamples))
    json.push_back({{"question", sample.question}, {"wanted", sample.wanted}, {"answer", sample.answer}});
  return json;
}

}  // namespace

StepOutcome evaluate_step(const StepWork& work) {
  const Tasks tasks = tasks_of(work);
  TextModel model = load_text_model(work.model("model"));
  if (!model.chat_template) model.chat_template = load_chat_template(work.inputs.at("template"));
  const ModelSize size = model_size(read_model_config(work.model("model")));
  EngineModel language_model(std::move(model));
  RunOptions options;
  options.keep_samples = true;
  const Evaluation evaluation = evaluate(language_model, tasks, options, {work.progress, work.stop});
  const Tokenizer tokenizer = load_tokenizer(work.inputs.at("template"));
  StepOutcome outcome;
  outcome.tokens = evaluated_tokens(evaluation, tokenizer);
  outcome.flops = evaluation_flops(size, outcome.tokens);
  outcome.json = to_text(
      {{"tasks", OrderedJson::parse(item_scores_json(evaluation))}, {"samples", samples_json(evaluation)}});
  return outcome;
}

}  // namespace evergreen::study
