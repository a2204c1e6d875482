#include "evergreen/pipeline/cpt.hpp"

namespace evergreen {

TokenizeReport tokenize_for(const ModelConfig& config, const CorpusRequest& request,
                            const fs::path& directory, const StopFlag* stop, const ProgressFn& progress) {
  const Tokenizer tokenizer = load_tokenizer(request.tokenizer);
  TokenizeOptions options;
  options.corpus.text_field = request.text_field;
  std::optional<int64_t> end_of_text;
  if (!config.eos_token_ids.empty()) end_of_text = config.eos_token_ids.front();
  options.marks = document_marks(tokenizer, end_of_text);
  options.vocab_size = config.vocab_size;
  options.held_out = request.held_out;
  options.max_tokens = request.max_tokens;
  options.seed = request.seed;
  options.threads = request.threads;
  fs::create_directories(directory);
  return tokenize_corpus(request.corpus, tokenizer, directory, options, stop, progress);
}

TrainReport continue_pretraining(Decoder& decoder, const std::string& model_hash, const fs::path& tokens,
                                 const fs::path& run, const TrainOptions& options, const StopFlag* stop,
                                 const ProgressFn& progress) {
  const TokenStore store(tokens / "train.tok"), held_out(tokens / "held_out.tok");
  TrainInputs inputs{&store, {}, model_hash};
  if (held_out.documents() > 0) inputs.validation.push_back({"new", &held_out});
  return train(run, decoder, inputs, options, stop, progress);
}

}  // namespace evergreen
