#include "evergreen/study_steps/prepare_step.hpp"

#include <cmath>

#include "evergreen/base/json.hpp"
#include "evergreen/data/tokenize_chat.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/world/corpus.hpp"
#include "evergreen/world/instructions.hpp"

namespace evergreen::study {
namespace {

constexpr double kHeldOut = 0.02;

world::World world_of(const StepWork& work) {
  return world::make_world({static_cast<uint64_t>(work.whole("pair-seed")),
                            static_cast<uint64_t>(work.whole("future")), world::ItemSet::report});
}

// A word is at least a token, so these are enough; the rest is cut.
world::CorpusOptions corpus_options(const StepWork& work) {
  world::CorpusOptions options;
  options.words = static_cast<int64_t>(std::ceil(work.number("tokens") / (1.0 - kHeldOut)));
  if (work.step.settings.contains("replay")) options.replay = work.number("replay");
  if (work.step.settings.contains("stream")) options.stream = static_cast<uint64_t>(work.whole("stream"));
  return options;
}

fs::path world_text(const StepWork& work) {
  const fs::path file = work.out / "text.jsonl";
  const world::World made = world_of(work);
  std::string lines;
  const auto take = [&](const world::Document& document) { lines += world::to_json_line(document) + "\n"; };
  if (work.setting("text") == "after") {
    world::text_after_cut_off(made, corpus_options(work), take);
  } else {
    world::text_before_cut_off(made, corpus_options(work), take);
  }
  replace_file(file, lines);
  return file;
}

StepOutcome prepare_text(const StepWork& work) {
  CorpusRequest request;
  if (work.setting("source") == "world") {
    request.recipe.inputs = {world_text(work).string()};
  } else {
    for (const auto& [role, path] : work.step.paths) {
      if (role.rfind("corpus-", 0) == 0) request.recipe.inputs.push_back(path.string());
    }
    request.recipe.corpus.text_field = work.setting("text-field");
  }
  request.tokenizer = work.inputs.at("tokenizer");
  request.held_out = kHeldOut;
  request.max_tokens = work.whole("tokens");
  request.seed = static_cast<uint64_t>(work.whole("seed"));
  request.threads = work.threads;
  // Documents are marked as for the base: an instruct model's own end token ends turns, not texts.
  const PrepareReport report =
      prepare_for(read_model_config(request.tokenizer), request, work.out / "data", work.stop, work.progress);
  StepOutcome outcome;
  outcome.json = report_json(report);
  return outcome;
}

StepOutcome prepare_chats(const StepWork& work) {
  fs::path file;
  if (work.setting("source") == "world") {
    std::string lines;
    const auto stream = static_cast<uint64_t>(work.whole("stream"));
    for (const world::InstructionExample& example :
         world::make_instructions(world_of(work), work.whole("conversations"), stream))
      lines += world::to_json_line(example) + "\n";
    file = work.out / "text.jsonl";
    replace_file(file, lines);
  } else {
    file = work.inputs.at("instructions");
  }
  const fs::path model = work.inputs.at("tokenizer"), data = work.out / "data";
  fs::create_directories(data);
  const ChatTokenizeReport report = tokenize_chats(
      {file.string()}, model, data,
      {read_model_config(model).vocab_size, kHeldOut, static_cast<uint64_t>(work.whole("seed"))}, work.stop);
  StepOutcome outcome;
  outcome.json = to_text({{"conversations", report.conversations}, {"tokens", report.tokens}});
  return outcome;
}

}  // namespace

StepOutcome prepare_step(const StepWork& work) {
  const auto text = work.step.settings.find("text");
  return text != work.step.settings.end() && text->second == "instructions" ? prepare_chats(work)
                                                                            : prepare_text(work);
}

}  // namespace evergreen::study
