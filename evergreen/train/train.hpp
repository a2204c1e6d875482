// One training run: continued pre-training or supervised fine-tuning, by what is in the token store.
//
// A run is a directory: settings.json (what it was started with), metrics.jsonl, tensorboard/, checkpoints/. Called again
// on the same directory with the same settings it goes on where it was; a finished run is only loaded.
//
// Numbers   float32 weights and moments; the loss of a step is the mean over all its targets, whatever the number of
//           micro-batches. On a CPU with the same number of threads a resumed run equals the uninterrupted one bit for bit.
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

namespace evergreen {

struct ValidationSet {
  std::string name;
  const TokenStore* store = nullptr;
};

struct TrainInputs {
  TokenSources sources;  // what is trained on, mixed by weight
  std::vector<ValidationSet> validation;
  std::string model_hash;  // of the checkpoint the decoder was loaded from
};

struct TrainReport {
  int64_t steps = 0, tokens = 0;
  double first_loss = 0, final_loss = 0;  // of the first and of the last step
  double seconds = 0;                     // of this call
  int64_t left_out = 0;                   // steps that the guard left out
  bool stopped_early = false;             // EarlyStopOptions
  ValidationMetrics first_validation, last_validation;
};

int64_t total_steps(const TokenSources& sources, const TrainOptions& options);

// Trains `decoder` in place.
TrainReport train(const fs::path& run, Decoder& decoder, const TrainInputs& inputs, TrainOptions options,
                  const StopFlag* stop = nullptr, const ProgressFn& progress = {});

// Mean loss over the first `max_tokens` tokens of a store, in store order, each document on its own.
double mean_loss(const Decoder& decoder, const TokenStore& store, int64_t row_tokens, int64_t max_tokens);

}  // namespace evergreen
