// One unit of a ShardingPlan in memory: its tensors are views of one flat tensor, and so are their gradients, so that a unit is
// communicated in one piece, and its memory can come and go under the tensors.
//
// With mixed precision a second flat tensor holds the narrower copies that layers compute with; it is the one that is gathered.
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
  // Moves the values of the planned tensors into the unit: whoever holds one of them holds a view of it from now on. Layers compute in
  // the type `computed`.
  FlatUnit(PlannedUnit plan, const TrainedTensors& tensors, at::ScalarType computed);

  const PlannedUnit& plan() const { return plan_; }
  int64_t block() const { return plan_.block; }

  const at::Tensor& trained() const { return full_; }  // [elements], with the padding
  // What layers compute with: the same, or the copies.
  const at::Tensor& computed() const { return has_copies() ? copies_ : full_; }
  bool has_copies() const { return copies_.defined(); }
  at::Tensor computed_of(size_t tensor) const;  // of the tensor planned as this
  void copy_trained();                          // to the copies
  // The trained weights' memory is given back for good: ranks hold their parts elsewhere.
  void drop_trained();

  // Gives the memory of computed() back, or takes some without a defined content.
  void release();
  void allocate();
  bool present() const;

  // Gradients of the tensors are views of `gradient()` from now on, and zero.
  void take_gradients();
  // The tensors have none any more; what holds gradient() keeps it.
  void drop_gradients();
  const at::Tensor& gradient() const { return gradient_; }

  Pending gathering, reducing;  // of the owner of this unit
  size_t arrived = 0;           // tensors whose gradient of this pass is complete
  bool stale = true;            // the copies are not those of the trained weights

 private:
  PlannedUnit plan_;
  std::vector<at::Tensor> tensors_, copies_of_;
  at::Tensor full_, copies_, gradient_;
};

// A view of the rank's part, of equal ones.
at::Tensor part_of_flat(const at::Tensor& flat, int rank, int ranks);

}  // namespace evergreen
