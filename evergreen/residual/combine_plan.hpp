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

class ComputedTensor;  // residual_source.hpp

// scale * (a - b), or of elements that are computed instead.
struct SourceTerm {
  double scale = 1;
  Source a, b;
  const ComputedTensor* computed = nullptr;
};

// Elements [first, first + count) of an output tensor whose rows are aligned, and where its sources have them.
struct Piece {
  enum class Kind { combined, kept, zero };  // kept: a's elements alone
  Kind kind = Kind::combined;
  uint64_t first = 0, count = 0;
  uint64_t c0_first = 0, a_first = 0, b_first = 0;
};

struct TensorPlan {
  TensorSpec spec;
  Source c0;
  Source kept;                    // of rows that c0 or b lacks
  std::vector<SourceTerm> terms;  // those with a scale that is not 0; of a carried tensor all
  double merged_scale = 1;        // of what merging makes of the terms
  std::vector<Piece> pieces;      // empty: every source has the output's elements where the output has them
  bool carried = false, copied = false;
};

// A part of a tensor that one thread does, slice by slice. Where rows are not aligned it starts at a hash block in every file it
// touches.
struct Part {
  size_t tensor = 0;
  uint64_t first = 0, count = 0;
  size_t piece = 0;
};

// Errors    Error{input} for a tensor that an input lacks, Error{usage} for a scale that is not a finite number.
std::vector<TensorPlan> plan_tensors(const Combination& combination);

// Elements whose bytes fill whole hash blocks, in every arithmetic dtype or in the dtype that is carried.
uint64_t elements_of_blocks(const TensorPlan& plan);
std::vector<Part> split(const std::vector<TensorPlan>& plans);

// The numbers [first, last) of the parts that are one process's share.
std::pair<size_t, size_t> share_of(const PartOf& part, const std::vector<Part>& parts);

}  // namespace evergreen
