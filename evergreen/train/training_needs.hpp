// What a run takes of memory and disk, told from config.json and the options before anything is loaded.
//
//   state        weights, gradients and moments (element_bytes() of precision.hpp); where ranks share them, the part of one (parallel_cost.hpp). With
//                LoRA the weights twice, the gradients of one layer's sums, and 16 bytes for each number that is trained. A moving average: 4
//                bytes a parameter
//   copy         of the state while it is written in the background (TrainOptions::save_every)
//   activations  what layers keep of a micro-batch (model/recompute_level.hpp), and what one layer has at work in the backward pass
//   head         logits of a chunk (model/loss.hpp) and their gradients; a gradient of the head that is still to be added or narrowed
//   rest         buffers, the program itself
//   saved        on disk: a state holds weights and moments in float32
// Numbers  on a CPU what LibTorch's allocator is asked for at the peak is 75 to 100 % of what is told, without the rest (tested)
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/train/train_options.hpp"

namespace evergreen {

// Where a run trains: how many processes, how many of them on one machine, and the device of one.
struct RunPlace {
  int ranks = 1, node_ranks = 1;
  std::string device = "cpu";
  uint64_t free_bytes = std::numeric_limits<uint64_t>::max();  // that a rank may take of its device's memory
  bool on_cpu() const { return device == "cpu"; }
};

struct MemoryNeed {  // bytes, of one rank's device
  uint64_t state = 0, copy = 0, activations = 0, head = 0, rest = 0;
  int64_t tokens = 0;  // of a micro-batch
  uint64_t total() const { return state + copy + activations + head + rest; }
};
MemoryNeed training_memory(const ModelConfig& config, const TrainOptions& options,
                           const RunPlace& place = {});

// The most that saved states take at a time, of a run of so many steps.
uint64_t saved_states_bytes(const ModelConfig& config, const TrainOptions& options, int64_t steps);

// Error{resource} where a rank needs more than is free: it names the parts, and the mildest settings that fit.
void require_training_memory(const ModelConfig& config, const TrainOptions& options, const RunPlace& place);

}  // namespace evergreen
