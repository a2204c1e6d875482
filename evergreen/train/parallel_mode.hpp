// How the processes of a run share its memory. Names alone, free of LibTorch; parallel_training.hpp does it.
//
//   ddp      every rank holds everything; gradients are summed in all of them
//   zero1    the optimiser's state is sharded (ZeRO stage 1, Rajbhandari et al., arXiv 1910.02054): gradients are summed to their owner,
//            who makes the step and gives the new weights to all
//   zero3    weights, gradients and optimiser's state are sharded (ZeRO stage 3; FSDP, Zhao et al., arXiv 2304.11277): a layer's
//            weights are whole only while it is computed
//   hybrid   zero3 among the ranks of a node, a copy for each node, gradients summed over these
#pragma once

#include <string>
#include <string_view>

namespace evergreen {

enum class ParallelMode { ddp, zero1, zero3, hybrid };

struct ParallelOptions {
  ParallelMode mode = ParallelMode::ddp;
  int shard_ranks = 0;           // hybrid: ranks that share one copy; 0: those of a node
  double timeout_seconds = 600;  // of a rank that others wait for
};

ParallelMode parallel_mode_from_name(std::string_view name);  // Error{usage} with the nearest name
bool shards_weights(ParallelMode mode);
std::string parallel_mode_name(ParallelMode mode);

}  // namespace evergreen
