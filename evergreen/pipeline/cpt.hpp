// Continued pre-training of one model on a corpus, as `evergreen train cpt` and `update` do it.
#pragma once

#include "evergreen/data/tokenize_corpus.hpp"
#include "evergreen/train/train.hpp"

namespace evergreen {

struct CorpusRequest {
  fs::path corpus;
  fs::path tokenizer;  // directory with the tokenizer
  std::string text_field = "text";
  double held_out = 0.02;
  int64_t max_tokens = 0;
  uint64_t seed = 0;
  int threads = 0;
};

// The corpus as the model of `config` reads it, into train.tok, held_out.tok and held_out.jsonl in `directory`.
TokenizeReport tokenize_for(const ModelConfig& config, const CorpusRequest& request,
                            const fs::path& directory, const StopFlag* stop, const ProgressFn& progress);

// Trains on tokens/train.tok, watching held_out.tok. `model_hash` names the weights that `decoder` came with.
TrainReport continue_pretraining(Decoder& decoder, const std::string& model_hash, const fs::path& tokens,
                                 const fs::path& run, const TrainOptions& options, const StopFlag* stop,
                                 const ProgressFn& progress);

}  // namespace evergreen
