#include "evergreen/data/prepare_directory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/partial_directory.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"

namespace evergreen {
namespace {

constexpr const char* kTokenizerFiles[] = {"tokenizer.json", "tokenizer_config.json",
                                           "special_tokens_map.json"};

void settle(const fs::path& directory, const Tokenizer& tokenizer, PrepareOptions& options) {
  std::optional<int64_t> end_of_text = tokenizer.eos_id();
  options.vocab_size = tokenizer.vocab_size();
  if (fs::exists(directory / "config.json")) {
    const ModelConfig config = read_model_config(directory);
    options.vocab_size = config.vocab_size;
    if (!config.eos_token_ids.empty()) end_of_text = config.eos_token_ids.front();
  }
  options.marks = document_marks(tokenizer, end_of_text);
  options.tokenizer_hash = to_string(hash_file(directory / "tokenizer.json"));
}

void copy_tokenizer(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const char* name : kTokenizerFiles) {
    if (fs::exists(from / name)) fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing);
  }
}

Provenance provenance_of(const PrepareDirectoryOptions& options) {
  const PrepareOptions& o = options.prepare;
  Provenance provenance;
  provenance.command = "data prepare";
  provenance.inputs = {{"corpus", fmt::format("{}", fmt::join(o.recipe.inputs, ", ")),
                        to_string(corpus_hash(o.recipe.inputs))},
                       {"tokenizer", options.tokenizer.string(), o.tokenizer_hash}};
  if (const CorpusInputs& against = o.recipe.decontamination.against; !against.empty())
    provenance.inputs.push_back(
        {"decontaminate", fmt::format("{}", fmt::join(against, ", ")), to_string(corpus_hash(against))});
  for (const auto& [name, value] : recipe_settings(o.recipe)) {
    if (name != "decontaminate") provenance.settings[name] = value;
  }
  provenance.settings["held-out"] = fmt::to_string(o.held_out);
  provenance.settings["max-tokens"] = fmt::to_string(o.max_tokens);
  provenance.seed = o.seed;
  return provenance;
}

}  // namespace

PrepareReport prepare_directory(const PrepareDirectoryOptions& asked, const fs::path& out,
                                const StopFlag* stop, const ProgressFn& progress) {
  PrepareDirectoryOptions options = asked;
  require_new_output(out);
  require_valid(options.prepare.recipe);
  corpus_files(options.prepare.recipe.inputs);  // what is missing is told before anything is made
  const Tokenizer tokenizer = load_tokenizer(options.tokenizer);
  settle(options.tokenizer, tokenizer, options.prepare);
  const fs::path partial = partial_of(out);
  std::optional<WriteLock> lock =
      open_partial(partial, "evergreen data prepare\n", WriteLock::Mode::alone, [] {});
  const PrepareReport report = prepare_corpus(options.prepare, tokenizer, partial, stop, progress);
  copy_tokenizer(options.tokenizer, partial / "tokenizer");
  put_whole(partial / kProvenanceFile, to_json_text(provenance_of(options)));
  publish_directory(partial, out);
  lock.reset();  // its file is among those that go
  remove_bookkeeping(out);
  return report;
}

}  // namespace evergreen
