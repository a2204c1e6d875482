#include "evergreen/pipeline/cpt.hpp"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/data/documents.hpp"

namespace evergreen {
namespace {

constexpr int64_t kDefaultRowTokens = 2048;

}  // namespace

void settle_row_tokens(PackingOptions& packing, const ModelConfig& config, const fs::path& directory) {
  const int64_t longest = config.max_position_embeddings;
  if (packing.row_tokens == 0) packing.row_tokens = std::min(kDefaultRowTokens, longest);
  if (packing.row_tokens <= longest) return;
  throw Error(
      ErrorKind::usage,
      fmt::format("the sequence length is {}, the model's longest sequence {}", packing.row_tokens, longest),
      (directory / "config.json").string(), "give a smaller --sequence-length");
}

void require_readable_corpus(const CorpusRecipe& recipe) {
  require_valid(recipe);
  for_each_document(recipe.inputs, recipe.corpus,
                    [](std::string_view, const CorpusPosition&) { return false; });
}

PrepareReport prepare_for(const ModelConfig& config, const CorpusRequest& request, const fs::path& directory,
                          const StopFlag* stop, const ProgressFn& progress) {
  const Tokenizer tokenizer = load_tokenizer(request.tokenizer);
  PrepareOptions options;
  options.recipe = request.recipe;
  std::optional<int64_t> end_of_text;
  if (!config.eos_token_ids.empty()) end_of_text = config.eos_token_ids.front();
  options.marks = document_marks(tokenizer, end_of_text);
  options.vocab_size = config.vocab_size;
  options.held_out = request.held_out;
  options.max_tokens = request.max_tokens;
  options.seed = request.seed;
  options.threads = request.threads;
  options.tokenizer_hash = to_string(hash_file(request.tokenizer / "tokenizer.json"));
  return prepare_corpus(options, tokenizer, directory, stop, progress);
}

TrainReport continue_pretraining(Decoder& decoder, const std::string& model_hash,
                                 const std::vector<PreparedSource>& prepared, const fs::path& run,
                                 const TrainOptions& options, const StopFlag* stop,
                                 const ProgressFn& progress, const RankShare& ranks) {
  std::deque<TokenStore> stores;
  TrainInputs inputs{{}, {}, model_hash, ranks.groups, ranks.weights};
  for (const PreparedSource& source : prepared) {
    inputs.sources.push_back({&stores.emplace_back(source.directory / "train"), source.weight, source.name});
    const TokenStore& held_out = stores.emplace_back(source.directory / "held_out");
    if (held_out.documents() > 0) inputs.validation.push_back({source.name, &held_out});
  }
  return train(run, decoder, inputs, options, stop, progress);
}

}  // namespace evergreen
