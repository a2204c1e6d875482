// The tokens of one training step, as micro-batches on a device.
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
StepBatch step_batch(Packer& packer, const TrainOptions& options, int64_t step);

}  // namespace evergreen
