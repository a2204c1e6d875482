// The state of a run on disk: everything a resumed run needs to equal the uninterrupted one bit for bit.
//
//   checkpoints/step-00000120/   a checkpoint directory: param/NAME, exp_avg/NAME, exp_avg_sq/NAME and, with a moving average,
//                                average/NAME in float32 (which holds bfloat16 exactly), and state.json
//
// It does not tell how many ranks wrote it: each writes what it owns, and reads what it owns, whatever the sharding was.
// A directory that exists is complete (staged, synced, renamed), so a kill at any moment leaves the one before.
#pragma once

#include <cstdint>
#include <future>
#include <limits>
#include <optional>

#include "evergreen/base/file.hpp"
#include "evergreen/checkpoint/writer.hpp"
#include "evergreen/train/adamw.hpp"
#include "evergreen/train/moving_average.hpp"
#include "evergreen/train/parallel_training.hpp"

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
  const TrainedTensors* all = nullptr;     // of which `tensors` are this rank's; null: `tensors` are all
};

// Which ranks write a state: one of those that hold the same. Null groups: this process alone.
struct StateWriters {
  ProcessGroups* groups = nullptr;
  bool writes = true;  // this rank does
  int number = 1;      // that do; the state is published when all have
};

// Writes states, by the way if asked to: then a copy is taken (its size in memory) and written while training goes on.
class StateWriter {
 public:
  // With several ranks their file system is shared, and all call save() and wait() alike.
  StateWriter(fs::path run, int keep, bool background, const StateWriters& writers = {});
  ~StateWriter();

  // Returns when the state is on disk, or, in the background, once the copy is taken; a state that is still being
  // written is waited for first, and its error thrown. `at_once`: on disk, and no copy is taken.
  void save(const TrainPosition& position, const TrainedState& state, bool at_once = false);
  void wait();
  fs::path path(int64_t step) const;

 private:
  struct Entries;
  void write(const TrainPosition& position, const Entries& saved);

  fs::path run_;
  int keep_;
  bool background_;
  StateWriters writers_;
  std::optional<SharedStore> store_;  // a client for the thread that writes
  int64_t saves_ = 0;                 // by this process: names them to the others
  std::future<void> writing_;
};

// The newest complete state: fills weights, moments and average. Null if there is none.
std::optional<TrainPosition> load_train_state(const fs::path& run, const TrainedState& state);

// The trained weights of a state (their moving average, if asked for), each rounded once to what `model` plans for it. Slice by slice:
// memory does not depend on the model's size. Error{input} for a weight that is not finite.
void write_trained_weights(const fs::path& state, bool average, CheckpointWriter& model);

// Removes what a killed run left half-written or half-removed. Before any rank saves.
void remove_partial_states(const fs::path& run);

// Removes all but the newest `keep` states and the one of lowest validation loss.
void prune_train_states(const fs::path& run, int keep);

}  // namespace evergreen
