// What the ranks of a run do for each other in a step, by ParallelMode.
//
//   ddp      backward: all-reduce of a unit's gradients when they are complete, while those of the layers before are computed
//   zero1    backward: reduce-scatter likewise. After the optimiser: all-gather of the weights, waited for in the next forward pass,
//            layer by layer. With mixed precision of their copies: a rank holds its own part of the trained weights only
//   zero3    forward: all-gather of a layer's weights before it, of the next while it is computed; freed after it. Backward: the same
//            again, from the last layer to the first, and reduce-scatter of a layer's gradients while the one before is computed
//   hybrid   as zero3 within the shard group; then all-reduce of the shard's gradients over the replicate group
// A unit is a layer; embedding, final norm and head are units as well and stay whole from forward to backward. With micro-batches ddp
// and zero1 communicate in the last one only; zero3 in each, as it has no place to gather whole gradients.
//
// Numbers   every rank has its own rows, and its gradients count what they count in the whole step: their sums are the gradients of the
//           step. Bit for bit the same in every repeat with the same number of ranks; another number sums in another order. Gradients
//           travel in the type of the trained weights, weights in the type that is computed in.
// Memory    docs/scale.md
#pragma once

#include <memory>
#include <vector>

#include "evergreen/model/block_hooks.hpp"
#include "evergreen/parallel/process_groups.hpp"
#include "evergreen/train/flat_unit.hpp"
#include "evergreen/train/parallel_mode.hpp"

namespace torch::autograd {
struct Node;
}

namespace evergreen {

class ParallelTraining : public BlockHooks {
 public:
  // Moves the tensors into flat units; `layers`: of the decoder that will tell of its blocks, and computes in the type `computed`.
  ParallelTraining(ProcessGroups& groups, ParallelMode mode, const TrainedTensors& tensors, int64_t layers,
                   at::ScalarType computed);
  ~ParallelTraining() override;

  // What the optimiser of this rank works on: whole tensors (ddp), or ranges of them.
  const TrainedTensors& owned() const { return owned_; }
  const TrainedTensors& all() const {
    return tensors_;
  }  // by name and shape; their values may not be in memory
  // What layers compute with in place of the tensor; the tensor itself where it has that type.
  at::Tensor computed(const std::string& name) const;
  bool holds_whole_weights() const { return !sharded_weights(); }    // those that are computed with
  bool holds_trained_weights() const { return !sharded_trained(); }  // all(), whole

  // Before each forward pass; `training`: a backward pass follows.
  void begin_pass(bool training);
  void end_pass();  // of a pass that no backward pass follows
  void begin_backward(bool first_of_step, bool last_of_step);
  // Gradients of owned() are complete, those of the whole step in the last pass of it.
  void finish_backward();
  double gradient_norm();  // of the whole step, equal on all ranks
  // The values of owned() have changed.
  void updated();
  void settle();  // waits until all weights are whole again (zero1)

  void enter(int64_t block) override;
  void leave(int64_t block, const at::Tensor& output) override;

 private:
  bool sharded_weights() const { return shards_weights(mode_); }
  bool sharded_trained() const {
    return sharded_weights() || (mode_ == ParallelMode::zero1 && units_.front()->has_copies());
  }
  bool is_layer(const FlatUnit& unit) const { return unit.block() >= 0 && unit.block() < layers_; }
  FlatUnit* unit_of(int64_t block);
  void gather(FlatUnit* unit);
  void use(FlatUnit& unit);
  void come_back(FlatUnit& unit);
  void prepare_gradients(FlatUnit& unit);
  void gradient_arrived(FlatUnit& unit);
  void reduce(size_t index);
  void own_ranges(const ShardingPlan& plan);
  void hear_of_gradients();

  ProcessGroups& groups_;
  ParallelMode mode_;
  TrainedTensors tensors_, owned_;
  int64_t layers_;
  int ranks_ = 1, rank_ = 0;  // of the shard group; ddp shards nothing
  std::vector<std::unique_ptr<FlatUnit>> units_;
  std::vector<at::Tensor> shards_, shard_gradients_;  // of each unit; zero1: views
  std::vector<std::pair<std::shared_ptr<torch::autograd::Node>, uintptr_t>>
      accumulators_;  // with the key of the hook
  bool training_ = false, backward_ = false, last_of_step_ = false;
  size_t complete_ = 0;  // units, from the last on, whose gradients were reduced in this pass
};

}  // namespace evergreen
