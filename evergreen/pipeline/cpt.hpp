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

// Rows as long as asked, or for 0 as long as the model of `directory` can, at most 2048. Error{usage} for more than it can.
void settle_row_tokens(PackingOptions& packing, const ModelConfig& config, const fs::path& directory);

// Reads documents until the first with text: an empty, binary or foreign corpus is told before anything is written.
void require_readable_corpus(const fs::path& corpus, const std::string& text_field);

// The corpus as the model of `config` reads it, into train.tok, held_out.tok and held_out.jsonl in `directory`.
TokenizeReport tokenize_for(const ModelConfig& config, const CorpusRequest& request,
                            const fs::path& directory, const StopFlag* stop, const ProgressFn& progress);

// Trains on tokens/train.tok, watching held_out.tok. `model_hash` names the weights that `decoder` came with.
TrainReport continue_pretraining(Decoder& decoder, const std::string& model_hash, const fs::path& tokens,
                                 const fs::path& run, const TrainOptions& options, const StopFlag* stop,
                                 const ProgressFn& progress);

}  // namespace evergreen
