#include "evergreen/demo/make_pair.hpp"

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/data/tokenize_chat.hpp"
#include "evergreen/demo/world_vocabulary.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/fingerprint.hpp"
#include "evergreen/pipeline/model_directory.hpp"
#include "evergreen/world/corpus.hpp"
#include "evergreen/world/instructions.hpp"

namespace evergreen {
namespace {

constexpr int64_t kValidationWords = 20'000;

class PairMaking {
 public:
  PairMaking(const PairRecipe& recipe, const PairDirectories& out, const fs::path& work, const StopFlag* stop,
             const ProgressFn& progress)
      : recipe_(recipe),
        out_(out),
        work_(work),
        stop_(stop),
        progress_(progress),
        world_(world::make_world({recipe.seed, 0, world::ItemSet::report})) {}

  void run() {
    fs::create_directories(work_);
    if (!fs::exists(out_.base)) make_base();
    if (!fs::exists(out_.instruct)) make_instruct();
  }

 private:
  fs::path at(const char* name) const { return work_ / name; }

  void write_corpus() const {
    std::string lines;
    world::text_before_cut_off(world_, {.words = recipe_.words}, [&](const world::Document& document) {
      lines += world::to_json_line(document) + "\n";
    });
    replace_file(at("before.jsonl"), lines);
  }

  VocabularyDirectories vocabulary() const {
    if (!fs::exists(at("before.jsonl"))) write_corpus();
    return write_vocabulary(at("before.jsonl"), recipe_, at("vocabulary"));
  }

  void make_base() const {
    const VocabularyDirectories vocabulary = this->vocabulary();
    const ModelConfig config = base_config(recipe_, vocabulary);
    CorpusRequest request{.tokenizer = vocabulary.base, .held_out = 0.01, .seed = recipe_.seed};
    request.recipe.inputs = {at("before.jsonl")};
    prepare_for(config, request, at("tokens"), stop_, progress_);
    Decoder decoder(config, init_parameters(config, recipe_.seed, at::kFloat));
    const std::string origin = fmt::format("initialised from seed {}", recipe_.seed);
    continue_pretraining(decoder, origin, {{at("tokens")}}, at("base"), recipe_.base, stop_, progress_);
    save(decoder, config, out_.base, vocabulary.base, "text before the cut-off", recipe_.base);
  }

  // Tuned from the base as it was stored, not from the float32 weights it was trained in: the residual is measured there.
  void make_instruct() const {
    const VocabularyDirectories vocabulary = this->vocabulary();
    std::string lines;
    for (const world::InstructionExample& example : world::make_instructions(world_, recipe_.instructions)) {
      lines += world::to_json_line(example) + "\n";
    }
    replace_file(at("instructions.jsonl"), lines);
    const ModelConfig config = instruct_config(recipe_, vocabulary);
    const fs::path tokens = at("instruction-tokens");
    fs::create_directories(tokens);
    tokenize_chats({at("instructions.jsonl")}, vocabulary.instruct, tokens,
                   {config.vocab_size, 0.02, recipe_.seed}, stop_);
    Decoder decoder = load_decoder(out_.base);
    const std::string origin = fingerprint(CheckpointReader(out_.base));
    continue_pretraining(decoder, origin, {{tokens}}, at("instruct"), recipe_.instruct, stop_, progress_);
    save(decoder, config, out_.instruct, vocabulary.instruct, "instructions", recipe_.instruct);
  }

  void save(const Decoder& decoder, ModelConfig config, const fs::path& out, const fs::path& companions,
            const std::string& what, const TrainOptions& options) const {
    SaveModelOptions save;
    save.dtype = Dtype::bf16;
    config.dtype = save.dtype;
    save.config_json = make_config_json(config);
    save.companions = companions;
    save.card = card(out.filename().string(), what, config, options);
    save.provenance.command = "demo --from-scratch";
    save.provenance.seed = recipe_.seed;
    save.provenance.settings = {{"steps", fmt::to_string(options.steps)},
                                {"words", fmt::to_string(recipe_.words)},
                                {"instructions", fmt::to_string(recipe_.instructions)},
                                {"vocab_size", fmt::to_string(recipe_.vocab_size)}};
    save_model(decoder, out, save);
  }

  static std::string card(const std::string& name, const std::string& what, const ModelConfig& config,
                          const TrainOptions& options) {
    return fmt::format(
        "---\nlicense: apache-2.0\nlibrary_name: transformers\ntags:\n- evergreen\n---\n\n# {}\n\nA model of "
        "{} parameters, trained on {} of "
        "a generated world of companies, clubs and countries for {} steps. It knows nothing else: it exists "
        "so that evergreen's demo and "
        "tests have a base and instruct pair of their own. Made by `evergreen demo --from-scratch`.\n",
        name, parameter_count(config), what, options.steps);
  }

  const PairRecipe& recipe_;
  PairDirectories out_;
  fs::path work_;
  const StopFlag* stop_;
  ProgressFn progress_;
  world::World world_;
};

}  // namespace

PairDirectories pair_directories(const fs::path& models, const PairRecipe& recipe) {
  return {models / recipe.name, models / (recipe.name + "-instruct")};
}

PairDirectories make_pair(const PairRecipe& recipe, const fs::path& models, const fs::path& work,
                          const StopFlag* stop, const ProgressFn& progress) {
  const PairDirectories out = pair_directories(models, recipe);
  fs::create_directories(models);
  PairMaking(recipe, out, work, stop, progress).run();
  return out;
}

}  // namespace evergreen
