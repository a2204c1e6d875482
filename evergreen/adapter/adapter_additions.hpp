// What an adapter adds to each tensor of a new base, settled before the first byte of output.
//
// Errors    Error{input} naming both files for a module that the new base lacks (with the nearest name) or has in another
//           shape or without arithmetic, and for a whole tensor without the base that it belongs to.
#pragma once

#include "evergreen/adapter/adapter.hpp"
#include "evergreen/checkpoint/writer.hpp"
#include "evergreen/residual/combine.hpp"

namespace evergreen {

struct AdapterInputs {
  const CheckpointReader* new_base = nullptr;
  const Adapter* adapter = nullptr;
  const CheckpointReader* base = nullptr;  // null: not given
};

// A tensor of the new base; updated = tensor + scale * R.
struct AdapterAddition {
  const TensorInfo* tensor = nullptr;
  const AdapterEntry* entry = nullptr;      // R; null: nothing is added
  const TensorInfo* base_tensor = nullptr;  // of an entry that is whole
  double scale = 1;
  TensorSpec output;
  bool copied = false;  // bit for bit
};

// One for each tensor of the new base, in file order; `dtype` (none: as the new base) is the output's.
std::vector<AdapterAddition> plan_additions(const AdapterInputs& inputs, const ScaleRule& scale,
                                            std::optional<Dtype> dtype);

}  // namespace evergreen
