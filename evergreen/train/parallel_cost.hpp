// What ParallelTraining costs a rank: bytes sent, and memory. A calculation; tests hold it against the bytes that runs count.
//
// With P the elements of all units, L_k those of layer k, R those of the others (embedding, final norm, head), b bytes an element, n
// ranks, s in a shard group, r = n / s shard groups, m micro-batches; a rank sends in a step, by the rings of process_group.hpp:
//   ddp      2 b P (n-1)/n
//   zero1    2 b P (n-1)/n                                  gradients to their owners, weights back
//   zero3    m b (3 P - R - L_last) (s-1)/s, s = n          weights forward; weights of the layers but the last backward; gradients
//   hybrid   that with s < n, and 2 b P/s (r-1)/r           the shard's gradients over the shard groups
#pragma once

#include <cstdint>
#include <vector>

#include "evergreen/model/parameter_table.hpp"
#include "evergreen/train/parallel_mode.hpp"

namespace evergreen {

struct ParallelShape {
  ParallelMode mode = ParallelMode::ddp;
  int ranks = 1;
  int shard_ranks = 1;  // hybrid
  int micro_batches = 1;
  int weight_bytes = 4;  // as communicated, and as computed with
  int gradient_bytes = 4;
  int optimizer_bytes = 8;  // for each element; with master weights: 12
};

struct ParallelCost {
  int64_t bytes_within = 0;  // sent in a step to ranks of the shard group (ddp, zero1: of the run)
  int64_t bytes_across = 0;  // hybrid: to other shard groups
  int64_t state_bytes = 0;   // resident from step to step: weights, gradients, optimiser's state
  int64_t working_bytes =
      0;  // beside it while a layer is computed: whole weights and gradients of units in use
};

// Elements of each unit, padded as for that many ranks, layer by layer, then those that stay whole.
struct UnitSizes {
  std::vector<int64_t> layers;
  int64_t others = 0;
  int64_t total() const;
};
UnitSizes unit_sizes(const ModelConfig& config, int shard_ranks);

ParallelCost parallel_cost(const ModelConfig& config, const ParallelShape& shape);

}  // namespace evergreen
