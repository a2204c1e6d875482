// What evergreen.json says an output was made by, put together again with its inputs: for computing it once more.
//
//   extract   R = instruct - base
//   apply     updated = new_base + scale * (sum or merge of weight_k * R_k)
//   graft     updated = new_base + scale * (instruct - base)
//
// Errors    Error{usage} for inputs that make no output of this kind; Error{input} for a setting that this version does not
//           know, or that is not what evergreen writes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/residual/combine.hpp"

namespace evergreen {

// new_base, base, instruct (graft); base, instruct (extract); new_base, residuals (apply).
struct ArithmeticInputs {
  std::shared_ptr<const CheckpointReader> new_base = {}, base = {}, instruct = {};
  std::vector<std::shared_ptr<const CheckpointReader>> residuals = {};

  // With evergreen.json's name for each: "new base", "residual 2".
  std::vector<std::pair<std::string, const CheckpointReader*>> by_role() const;
};

// Opens the inputs at the paths that evergreen.json records. Error{input} if it records none that can be computed with,
// or one is no longer there.
ArithmeticInputs recorded_inputs(const Provenance& provenance);

struct RecordedCombination {
  std::string operation;  // "graft"
  std::string scale;      // as recorded; empty for extract
  Combination combination;
};
RecordedCombination recorded_combination(const CheckpointReader& output, const Provenance& provenance,
                                         const ArithmeticInputs& inputs);

}  // namespace evergreen
