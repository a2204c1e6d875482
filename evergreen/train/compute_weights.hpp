// Mixed precision: the weights that a decoder computes with, narrower copies of those that are trained.
//
// Each pass gives the decoder the copies of a block, as functions of the trained weights, when the block is entered. The gradient of
// a copy is widened into that of its weight as soon as it is there, so that no second set of gradients exists: micro-batches are summed in
// the weights' own type.
//
// Copies belong to this class (one process: made again after each update, when the block is next entered) or to ParallelTraining, which makes
// them where weights are gathered.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "evergreen/model/block_hooks.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/train/parallel_training.hpp"
#include "evergreen/train/trained_tensors.hpp"

namespace evergreen {

class ComputeWeights : public BlockHooks {
 public:
  // `trained`: all parameters of the decoder, leaves. Until this ends, the decoder computes with copies of type `type`.
  ComputeWeights(Decoder& decoder, const TrainedTensors& trained, at::ScalarType type);
  // The copies are those of `parallel`, which hears of blocks first.
  ComputeWeights(Decoder& decoder, ParallelTraining& parallel);
  ~ComputeWeights() override;  // the decoder has the trained weights again

  void updated();  // the trained weights have changed

  void enter(int64_t block) override;
  void leave(int64_t block, const at::Tensor& output) override;

 private:
  struct Copy {
    TrainedTensor trained;
    at::Tensor narrow;
    bool stale = true;
  };
  Decoder& decoder_;
  ParallelTraining* parallel_ = nullptr;
  std::optional<Parameters> own_;
  std::map<int64_t, std::vector<Copy>> blocks_;
};

}  // namespace evergreen
