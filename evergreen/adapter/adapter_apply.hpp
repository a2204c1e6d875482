// Adding a LoRA adapter to a base model: one that evergreen extracted, or any other of PEFT's.
//
//   updated = new_base + scale * R,   R = scaling * B A    of a tensor that the adapter holds as a product
//                                     R = stored - base    of one that it holds whole: `base` is the model it was made for
//
// Numbers   R in float64, its products in order of the rank (matrix_product.hpp); then residual_kernel.hpp: one rounding.
//           Tensors that the adapter does not hold are those of the new base, bit for bit where the dtype stays.
// Memory    of each thread the factors of one matrix in float64, and slices of 1 MiB, or of 8 rows where that is more.
// Output    as residual.hpp has it. Tokenizer, chat template and generation settings are those of `files_from`, or else of the
//           adapter's directory, and so are the end-of-text tokens if there is a config.json. Interrupted, it goes on.
// Errors    Error{input} for what adapter.hpp and adapter_additions.hpp refuse, and for NaN, infinity and values too large
//           for the output; Error{usage} for a scale that is not a number.
#pragma once

#include "evergreen/adapter/adapter.hpp"
#include "evergreen/residual/residual.hpp"

namespace evergreen {

struct WeightedAdapter {
  const Adapter* adapter = nullptr;
  const CheckpointReader* base =
      nullptr;  // that it was made for; null: not known, for an adapter without whole tensors
  double weight = 1;
};

// Of the options all but merge, added_tokens, part and finish.
ResidualReport apply_adapter(const CheckpointReader& new_base, const WeightedAdapter& adapter,
                             const fs::path& out, const ResidualOptions& options = {});

}  // namespace evergreen
