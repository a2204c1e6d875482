// The state of a run on disk: everything a resumed run needs to equal the uninterrupted one bit for bit.
//
//   checkpoints/step-00000120/   a checkpoint directory: param/NAME, exp_avg/NAME, exp_avg_sq/NAME and, with a moving average,
//                                average/NAME in float32, and state.json
//
// A directory that exists is complete (staged, synced, renamed), so a kill at any moment leaves the one before.
#pragma once

#include <cstdint>
#include <future>
#include <limits>
#include <optional>

#include "evergreen/base/file.hpp"
#include "evergreen/train/adamw.hpp"
#include "evergreen/train/moving_average.hpp"

namespace evergreen {

struct TrainPosition {
  int64_t step = 0;     // steps behind it
  int64_t updates = 0;  // of them, those that changed the weights: all but what the guard left out
  int64_t tokens = 0;   // seen so far
  double validation = std::numeric_limits<double>::infinity();  // last loss on the first validation set
};

// What is saved, by reference.
struct TrainedState {
  const TrainedTensors& tensors;
  AdamW& optimizer;
  const MovingAverage* average = nullptr;  // null: none
};

// Writes states, by the way if asked to: then a copy is taken (its size in memory) and written while training goes on.
class StateWriter {
 public:
  StateWriter(fs::path run, int keep, bool background)
      : run_(std::move(run)), keep_(keep), background_(background) {}
  ~StateWriter();

  // Returns when the state is on disk, or, in the background, once the copy is taken; a state that is still being
  // written is waited for first, and its error thrown.
  void save(const TrainPosition& position, const TrainedState& state);
  void wait();

 private:
  fs::path run_;
  int keep_;
  bool background_;
  std::future<void> writing_;
};

// The newest complete state: fills weights, moments and average. Null if there is none.
std::optional<TrainPosition> load_train_state(const fs::path& run, const TrainedState& state);

// Removes all but the newest `keep` states and the one of lowest validation loss.
void prune_train_states(const fs::path& run, int keep);

}  // namespace evergreen
