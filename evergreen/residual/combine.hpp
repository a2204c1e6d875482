// The core of the residual's arithmetic, over whole checkpoints: extract, apply, graft and sums of residuals
// are plans for this one function.
//
//   out = c0 + sum over k of (scale(tensor) * weight_k) * (a_k - b_k)     element by element: residual_kernel.hpp
//   out = c0 + scale(tensor) * merge of weight_k * (a_k - b_k)            TIES, DARE: merge.hpp
//
// A tensor whose dtype has no arithmetic (integers, flags, 8-bit floats) is carried through from c0
// untouched, and must be the same in a and b of every term. A tensor whose scale is 0 is copied from
// c0, bit for bit where the dtype stays.
//
// Memory    some slices of at most 1 MiB for each thread, whatever the size of the model or of its largest tensor (for TIES
//           0.5 MiB more).
// Order     tensors and slices in file order; the result does not depend on the number of threads or processes.
// Resume    parts that `out` already holds, with what was measured on them in its journal, are not done again.
// Parts     of n processes each does its share of the tensors' slices; one more, when all are done, finishes.
// Errors    Error{input} naming tensor, element and file for NaN, infinity, a value too large for the
//           output's dtype, and carried tensors that differ; Error{interrupted} at a stop. `out` is not published.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/checkpoint/writer.hpp"
#include "evergreen/residual/merge.hpp"
#include "evergreen/residual/residual_kernel.hpp"
#include "evergreen/residual/row_alignment.hpp"

namespace evergreen {

using ScaleRule = std::function<double(const std::string& tensor)>;

class ResidualSource;  // residual_source.hpp

struct CombineTerm {
  const CheckpointReader* a = nullptr;
  const CheckpointReader* b = nullptr;  // null: a is a stored residual
  double weight = 1;
  const ResidualSource* source = nullptr;  // in place of a and b: what it says of each tensor
};

// The share of one process: slices [n * index / count, n * (index + 1) / count) of all n, by their elements.
struct PartOf {
  int index = 0, count = 1;
};

struct Combination {
  const CheckpointReader* c0 =
      nullptr;  // null: the sum of the terms alone; its tensors are those of the first b
  std::vector<CombineTerm> terms;
  ScaleRule scale = {};  // empty: 1
  MergeOptions merge = {};
  std::optional<RowAlignment> rows =
      {};  // of the embedding and the output layer; none: all rows by their position
  std::optional<Dtype> dtype =
      {};                     // of the output's arithmetic tensors; empty: that of c0, or of the first b
  bool measure_loss = false;  // what storing in `dtype` loses; one term with b and no c0
  std::optional<PartOf> part = {};  // none: everything
  bool finish_only = false;         // Error{input} for a slice that no process has done
  std::string stage = "residual";   // for progress and errors
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

struct TensorSums {
  std::string name;
  uint64_t elements = 0;
  bool carried = false;
  KernelSums sums;
};

struct CombineResult {
  std::vector<TensorSums> tensors;  // of a part: what it did of them
  std::map<const CheckpointReader*, Hash128>
      inputs;      // content hashes, taken from the slices as they passed; empty of a part
  Hash128 output;  // content hash of what was written
  std::map<std::string, Hash128> output_tensors;  // and of each tensor
  uint64_t bytes_read = 0, bytes_written = 0;
  uint64_t continued_elements = 0;  // done before, by a run that was killed or by another part
  double seconds = 0;
};

// Names, shapes and dtypes of the output, in file order: the writer's plan.
std::vector<TensorSpec> plan_output(const Combination& combination);

// `out` was made with plan_output(); null: only measure. All inputs are compatible (compatibility.hpp).
CombineResult combine(const Combination& combination, CheckpointWriter* out);

// Error{input}: two tensors without arithmetic that should be the same are not.
[[noreturn]] void throw_carried_differ(const CheckpointReader& left, const TensorInfo& left_tensor,
                                       const CheckpointReader& right, const TensorInfo& right_tensor);

// The tensor of that name, or, for an output layer that is tied to the embedding and not stored, the embedding.
const TensorInfo* find_or_tied(const CheckpointReader& reader, const std::string& name);

}  // namespace evergreen
