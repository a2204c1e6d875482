// What evergreen.json says an output was made by, put together again with its inputs: for computing it once more.
//
//   extract   R = instruct - base
//   apply     updated = new_base + scale * (sum or merge of weight_k * R_k)
//   graft     updated = new_base + scale * (instruct - base)
//
// Errors    Error{usage} for inputs that make no output of this kind; Error{input} for a setting that this version does not
//           know, or that is not what evergreen writes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/residual/combine.hpp"

namespace evergreen {

// A stored residual, or one of another kind (residual_source.hpp).
struct GivenResidual {
  GivenResidual(std::shared_ptr<const CheckpointReader> reader) : stored(std::move(reader)) {}
  GivenResidual(std::shared_ptr<const ResidualSource> other) : source(std::move(other)) {}
  std::shared_ptr<const CheckpointReader> stored;
  std::shared_ptr<const ResidualSource> source;
};

// new_base, base, instruct (graft); base, instruct (extract); new_base, residuals (apply).
struct ArithmeticInputs {
  std::shared_ptr<const CheckpointReader> new_base = {}, base = {}, instruct = {};
  std::vector<GivenResidual> residuals = {};

  // With evergreen.json's name for each: "new base", "residual 2".
  std::vector<std::pair<std::string, const CheckpointReader*>> by_role() const;
};

// Opens a LoRA adapter for its new base; `base`, null if none is recorded, is the model it was made for.
using OpenAdapterFn = std::function<std::shared_ptr<const ResidualSource>(
    const fs::path& adapter, const std::shared_ptr<const CheckpointReader>& new_base,
    const std::shared_ptr<const CheckpointReader>& base)>;

// Opens the inputs at the paths that evergreen.json records. Error{input} if it records none that can be computed with,
// or one is no longer there.
ArithmeticInputs recorded_inputs(const Provenance& provenance, const OpenAdapterFn& open_adapter = {});

struct RecordedCombination {
  std::string operation;  // "graft"
  std::string scale;      // as recorded; empty for extract
  Combination combination;
};
RecordedCombination recorded_combination(const CheckpointReader& output, const Provenance& provenance,
                                         const ArithmeticInputs& inputs);

}  // namespace evergreen
