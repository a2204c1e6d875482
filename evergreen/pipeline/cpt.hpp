// Continued pre-training of one model on a corpus, as `evergreen train cpt` and `update` do it.
#pragma once

#include "evergreen/data/prepare_corpus.hpp"
#include "evergreen/train/train.hpp"

namespace evergreen {

struct CorpusRequest {
  CorpusRecipe recipe = {};
  fs::path tokenizer;  // directory with the tokenizer
  double held_out = 0.02;
  int64_t max_tokens = 0;
  uint64_t seed = 0;
  int threads = 0;
};

// Rows as long as asked, or for 0 as long as the model of `directory` can, at most 2048. Error{usage} for more than it can.
void settle_row_tokens(PackingOptions& packing, const ModelConfig& config, const fs::path& directory);

// Reads documents until the first with text: an empty, binary or foreign corpus is told before anything is written.
void require_readable_corpus(const CorpusRecipe& recipe);

// The corpus as the model of `config` reads it, into `directory` (prepare_corpus.hpp). Goes on with unfinished work.
PrepareReport prepare_for(const ModelConfig& config, const CorpusRequest& request, const fs::path& directory,
                          const StopFlag* stop, const ProgressFn& progress);

// A prepared corpus to train on.
struct PreparedSource {
  fs::path directory;
  double weight = 1;
  std::string name = "new";
};

// The other processes of the run, if any, and the checkpoint they take their parts of sharded weights from (TrainInputs).
struct RankShare {
  ProcessGroups* groups = nullptr;
  fs::path weights = {};
};

// Trains on the sources' training text, mixed by weight, watching what each holds out. `model_hash` names the weights that `decoder` came with.
TrainReport continue_pretraining(Decoder& decoder, const std::string& model_hash,
                                 const std::vector<PreparedSource>& sources, const fs::path& run,
                                 const TrainOptions& options, const StopFlag* stop,
                                 const ProgressFn& progress, const RankShare& ranks = {});

}  // namespace evergreen
