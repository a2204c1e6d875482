// The state of a run on disk: everything a resumed run needs to equal the uninterrupted one bit for bit.
//
//   checkpoints/step-00000120/   a checkpoint directory: param/NAME, exp_avg/NAME, exp_avg_sq/NAME in float32, and state.json
//
// A directory that exists is complete (staged, synced, renamed), so a kill at any moment leaves the one before.
#pragma once

#include <cstdint>
#include <optional>

#include "evergreen/train/adamw.hpp"

namespace evergreen {

struct TrainPosition {
  int64_t step = 0;    // finished steps
  int64_t tokens = 0;  // seen so far
};

void save_train_state(const fs::path& run, const TrainPosition& position, const Parameters& parameters,
                      AdamW& optimizer);

// The newest complete state: fills parameters and moments. Null if there is none.
std::optional<TrainPosition> load_train_state(const fs::path& run, Parameters& parameters, AdamW& optimizer);

// Removes all but the newest `keep` states.
void prune_train_states(const fs::path& run, int keep);

}  // namespace evergreen
