// One unit of a ShardingPlan in memory: its tensors are views of one flat tensor, and so are their gradients, so that a unit is
// communicated in one piece, and its memory can come and go under the tensors.
#pragma once

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/parallel/communication_thread.hpp"
#include "evergreen/parallel/sharding_plan.hpp"
#include "evergreen/train/trained_tensors.hpp"

namespace evergreen {

class FlatUnit {
 public:
  // Moves the values of the planned tensors into the unit: whoever holds one of them holds a view of it from now on.
  FlatUnit(PlannedUnit plan, const TrainedTensors& tensors);

  const PlannedUnit& plan() const { return plan_; }
  int64_t block() const { return plan_.block; }

  const at::Tensor& full() const { return full_; }  // [elements], with the padding
  at::Tensor part(int rank, int ranks) const;       // a view
  // Gives the memory of `full` back, or takes some without a defined content.
  void release();
  void allocate();
  bool present() const;

  // Gradients of the tensors are views of `gradient()` from now on, and zero.
  void take_gradients();
  // The tensors have none any more; what holds gradient() keeps it.
  void drop_gradients();
  const at::Tensor& gradient() const { return gradient_; }
  at::Tensor gradient_part(int rank, int ranks) const;

  Pending gathering, reducing;  // of the owner of this unit
  size_t arrived = 0;           // tensors whose gradient of this pass is complete

 private:
  PlannedUnit plan_;
  std::vector<at::Tensor> tensors_;
  at::Tensor full_, gradient_;
};

}  // namespace evergreen
