#include "evergreen/demo/futures.hpp"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/demo/world_tasks.hpp"
#include "evergreen/eval/engine_model.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/fingerprint.hpp"
#include "evergreen/pipeline/model_directory.hpp"
#include "evergreen/pipeline/update.hpp"
#include "evergreen/world/corpus.hpp"

namespace evergreen {
namespace {

constexpr int64_t kValidationWords = 20'000;
constexpr double kHeldOut = 0.02;
constexpr size_t kConversations = 6;

void write_lines(const fs::path& path, const std::function<void(const world::DocumentSink&)>& make) {
  std::string lines;
  make([&](const world::Document& document) { lines += world::to_json_line(document) + "\n"; });
  replace_file(path, lines);
}

class Future {
 public:
  Future(const FutureOptions& options, const StopFlag* stop, const ProgressFn& progress)
      : options_(options),
        stop_(stop),
        progress_(progress),
        world_(world::make_world({options.recipe.seed, options.seed, world::ItemSet::report})) {}

  FutureResult run() {
    const auto start = std::chrono::steady_clock::now();
    if (!options_.tasks.empty())
      make_tasks(options_.tasks, options_.task_options);  // what is wrong shows at once
    fs::create_directories(options_.work);
    write_texts();
    FutureResult result;
    result.seed = options_.seed;
    const UpdateOptions update_options = this->update_options();
    if (!fs::exists(updated())) update(update_options, stop_, progress_);
    const fs::path report = updated() / "report.json";
    result.relative_residual =
        json_get<double>(read_json(report).at("residual"), "relative_residual", report.string());
    result.report = updated() / "report.html";
    result.tokens = train_rival(update_options);
    score(result);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

 private:
  fs::path at(const char* name) const { return options_.work / name; }
  fs::path updated() const { return at("updated"); }
  fs::path rival() const { return at("rival") / "model"; }

  // News about what is new and changed, with some replay; and texts of both times that nobody trains on.
  void write_texts() const {
    // A word is at least a token, so these are enough; the rest is cut.
    const auto words =
        static_cast<int64_t>(std::ceil(static_cast<double>(options_.tokens) / (1.0 - kHeldOut)));
    write_lines(at("corpus.jsonl"), [&](const world::DocumentSink& sink) {
      world::text_after_cut_off(world_, {.words = words, .replay = options_.replay}, sink);
    });
    write_lines(at("new_text.jsonl"), [&](const world::DocumentSink& sink) {
      world::text_after_cut_off(
          world_, {.words = kValidationWords, .purpose = world::TextPurpose::validation, .replay = 0}, sink);
    });
    write_lines(at("old_text.jsonl"), [&](const world::DocumentSink& sink) {
      world::text_before_cut_off(
          world_, {.words = kValidationWords, .purpose = world::TextPurpose::validation}, sink);
    });
    std::string questions;
    for (const Conversation& chat : conversations(world::make_items(world_)))
      questions += OrderedJson::object({{"prompt", chat.question}}).dump() + "\n";
    replace_file(at("questions.jsonl"), questions);
  }

  UpdateOptions update_options() const {
    UpdateOptions update;
    update.base = options_.pair.base;
    update.instruct = options_.pair.instruct;
    update.recipe.inputs = {at("corpus.jsonl")};
    update.out = updated();
    update.held_out = kHeldOut;
    update.old_text = at("old_text.jsonl");
    update.prompts = at("questions.jsonl");
    update.max_tokens = options_.tokens;
    update.train = demo_cpt_options(options_.seed);
    update.threads = options_.threads;
    return update;
  }

  // The instruct model on the same tokens in the same order. Returns their number.
  int64_t train_rival(const UpdateOptions& like) const {
    const fs::path tokens = at("rival") / "tokens";
    const ModelConfig config = read_model_config(like.instruct);
    // Documents are marked as for the base: the instruct model's own end token ends turns, not texts.
    const ModelConfig base_config = read_model_config(like.base);
    const CorpusRequest request{like.recipe,     like.base,     like.held_out,
                                like.max_tokens, options_.seed, options_.threads};
    prepare_for(base_config, request, tokens, stop_, progress_);
    const int64_t count = TokenStore(tokens / "train").tokens();
    if (fs::exists(rival())) return count;
    Decoder decoder = load_decoder(like.instruct);
    continue_pretraining(decoder, fingerprint(CheckpointReader(like.instruct)), {{tokens}},
                         at("rival") / "run", like.train, stop_, progress_);
    SaveModelOptions save;
    save.dtype = config.dtype.value_or(Dtype::f32);
    save.companions = like.instruct;
    save.config_json = merge_config_json(like.instruct, like.instruct, save.dtype);
    save.provenance.command = "demo";
    save.provenance.inputs = {
        {"instruct", like.instruct.string(), fingerprint(CheckpointReader(like.instruct))}};
    save.provenance.seed = options_.seed;
    save_model(decoder, rival(), save);
    return count;
  }

  void score(FutureResult& result) const {
    const std::vector<world::Item> items = world::make_items(world_);
    const std::array<fs::path, kArms.size()> models = {options_.pair.base, options_.pair.instruct, rival(),
                                                       updated() / "base", updated()};
    result.conversations = conversations(items);
    for (const Arm arm : kArms) {
      const auto index = static_cast<size_t>(arm);
      Tasks tasks = world_tasks(items);
      tasks.push_back(perplexity_task("perplexity:new", at("new_text.jsonl"), {}));
      tasks.push_back(perplexity_task("perplexity:old", at("old_text.jsonl"), {}));
      TextModel model = load_text_model(models[index]);
      // The base has no chat template of its own; it is asked in the instruct model's.
      if (!model.chat_template) model.chat_template = load_chat_template(options_.pair.instruct);
      EngineModel language_model(std::move(model));
      result.arms[index] = evaluate(language_model, tasks, {}, {progress_, stop_});
      answer(language_model, result.conversations, index);
      if (options_.tasks.empty()) continue;
      const Tasks further = make_tasks(options_.tasks, options_.task_options);
      result.further.push_back(
          evaluate(language_model, further, {options_.task_limit, false}, {progress_, stop_}));
      result.further.back().model = arm_name(arm);
    }
  }

  // Questions of the tables' kinds, taken evenly from the items.
  static std::vector<Conversation> conversations(const std::vector<world::Item>& items) {
    std::vector<const world::Item*> asked;
    for (const world::ItemKind kind : {world::ItemKind::format_fact, world::ItemKind::old_fact,
                                       world::ItemKind::new_fact, world::ItemKind::changed_fact,
                                       world::ItemKind::new_fact_in_format, world::ItemKind::word_request}) {
      for (const world::Item& item : items) {
        if (item.kind != kind) continue;
        asked.push_back(&item);
        break;
      }
    }
    std::vector<Conversation> chats;
    for (size_t i = 0; i < std::min(kConversations, asked.size()); ++i) {
      chats.push_back({asked[i]->request.user, asked[i]->request.answer, {}});
    }
    return chats;
  }

  void answer(EngineModel& model, std::vector<Conversation>& chats, size_t arm) const {
    std::vector<GenerateUntilRequest> requests;
    for (const Conversation& chat : chats) requests.push_back({{"", {{"user", chat.question}}}, {}, 32});
    const std::vector<Answer> answers = model.generate_until(requests, {{}, stop_});
    for (size_t i = 0; i < chats.size(); ++i) chats[i].answers[arm] = answers[i].text;
  }

  const FutureOptions& options_;
  const StopFlag* stop_;
  ProgressFn progress_;
  world::World world_;
};

}  // namespace

const char* arm_name(Arm arm) {
  switch (arm) {
    case Arm::base:
      return "base";
    case Arm::instruct:
      return "instruct";
    case Arm::instruct_cpt:
      return "instruct + CPT";
    case Arm::base_cpt:
      return "base + CPT";
    case Arm::updated:
      return "(base + CPT) + R";
  }
  return "";
}

FutureResult run_future(const FutureOptions& options, const StopFlag* stop, const ProgressFn& progress) {
  return Future(options, stop, progress).run();
}

}  // namespace evergreen
