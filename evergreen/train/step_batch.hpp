// The tokens of one training step, or of one rank's share of it, as micro-batches on a device.
#pragma once

#include <vector>

#include "evergreen/data/packing.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/train/train_options.hpp"

namespace evergreen {

struct MicroBatch {
  PackedBatch batch;
  at::Tensor targets_N;
};
MicroBatch to_device(const PackedTokens& packed, at::Device device);

struct StepBatch {
  std::vector<PackedTokens> parts;  // options.micro_rows each
  int64_t tokens = 0, targets = 0;  // of all parts
};

// Which rows of a step: each rank has as many, next to each other.
struct RowShare {
  int rank = 0, ranks = 1;
};
// Error{usage} if the rows of a step cannot be dealt out evenly.
void require_even_rows(const TrainOptions& options, int ranks);
StepBatch step_batch(Packer& packer, const TrainOptions& options, int64_t step, RowShare share = {});

}  // namespace evergreen
