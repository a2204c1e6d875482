// What combine() will do: which inputs make each output tensor, cut into parts that threads take.
#pragma once

#include <cstdint>
#include <vector>

#include "evergreen/residual/combine.hpp"

namespace evergreen {

// One input tensor of one output tensor.
struct Source {
  const CheckpointReader* reader = nullptr;
  const TensorInfo* tensor = nullptr;
  bool tied = false;  // read a second time, in the place of the tensor it is tied to: not hashed again
};

struct SourceTerm {
  double scale = 1;
  Source a, b;
};

struct TensorPlan {
  TensorSpec spec;
  Source c0;
  std::vector<SourceTerm> terms;  // those with a scale that is not 0; of a carried tensor all
  bool carried = false, copied = false;
};

// A part of a tensor that starts at a hash block in every file it touches: done by one thread, slice by slice.
struct Part {
  size_t tensor = 0;
  uint64_t first = 0, count = 0;
};

// Errors    Error{input} for a tensor that an input lacks, Error{usage} for a scale that is not a finite number.
std::vector<TensorPlan> plan_tensors(const Combination& combination);

// Elements whose bytes fill whole hash blocks, in every arithmetic dtype or in the dtype that is carried.
uint64_t elements_of_blocks(const TensorPlan& plan);
std::vector<Part> split(const std::vector<TensorPlan>& plans);

}  // namespace evergreen
