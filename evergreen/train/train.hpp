// One training run: continued pre-training or supervised fine-tuning, by what is in the token store.
//
// A run is a directory: settings.json (what it was started with), metrics.jsonl, tensorboard/, checkpoints/. Called again
// on the same directory with the same settings it goes on where it was; a finished run is only loaded.
//
// Numbers   float32 weights and moments, unless TrainOptions::precision says otherwise; the loss of a step is the mean over all its targets, whatever the number of
//           micro-batches. On a CPU with the same number of threads a resumed run equals the uninterrupted one bit for bit.
// Ranks     with TrainInputs::groups every rank calls this with the same arguments. The rows of a step are dealt out, so that losses and
//           weights are those of one process within the errors of float32 sums, and each repeat with as many ranks is equal bit for
//           bit; a run may go on with another number of ranks, or in another ParallelMode. Rank 0 alone reports progress and writes
//           metrics; the others hold the same report. A stop asked of one rank stops all.
// Errors    Error{input} if the directory was started with other settings or data (names the setting), or if loss or
//           gradient is not finite (names step and parameter); Error{interrupted} after a requested stop, state saved.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/train/metrics.hpp"
#include "evergreen/train/train_options.hpp"
#include "evergreen/train/validation.hpp"

namespace evergreen {

struct TrainInputs {
  TokenSources sources;  // what is trained on, mixed by weight
  std::vector<ValidationSet> validation;
  std::string model_hash;           // of the checkpoint the decoder was loaded from
  ProcessGroups* groups = nullptr;  // null: this process alone
  // The checkpoint to take weights from, where they are sharded: the decoder's own were never filled, and each rank reads its
  // ranges. Empty: the decoder holds them.
  fs::path weights = {};
};

struct TrainReport {
  int64_t steps = 0, tokens = 0;
  double first_loss = 0, final_loss = 0;  // of the first and of the last step
  double seconds = 0;                     // of this call
  int64_t left_out = 0;                   // steps that the guard left out
  bool stopped_early = false;             // EarlyStopOptions
  fs::path state;                         // where the result is saved (train_state.hpp)
  bool decoder_holds_result = true;  // false where trained weights are sharded: then it is in `state` alone
  ValidationMetrics first_validation, last_validation;
};

// What the decoder's weights must be of: bfloat16 for pure_bf16, else float32.
at::ScalarType trained_type(Precision precision);

int64_t total_steps(const TokenSources& sources, const TrainOptions& options);

// Trains `decoder` in place. With bf16 it holds the float32 weights again at the end.
TrainReport train(const fs::path& run, Decoder& decoder, const TrainInputs& inputs, TrainOptions options,
                  const StopFlag* stop = nullptr, const ProgressFn& progress = {});

}  // namespace evergreen
