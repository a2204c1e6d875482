// Adding a LoRA adapter to a base model: one that evergreen extracted, or any other of PEFT's.
//
//   updated = new_base + scale * R,   R = scaling * B A      of a tensor that the adapter holds as a product
//                                     R = stored - base      of one that it holds whole: `base` is the model it was made for
//
// Numbers   R in float64, its products in order of the rank (matrix_product.hpp); then residual_kernel.hpp: one rounding.
//           Tensors that the adapter does not hold are those of the new base, bit for bit where the dtype stays.
// Memory    of each thread the factors of one matrix in float64, and slices of 1 MiB, or of 8 rows where that is more.
// Output    as residual.hpp has it. Tokenizer, chat template and generation settings are those of `files_from`, or else of the
//           adapter's directory, and so are the end-of-text tokens if there is a config.json. Interrupted, it goes on.
// Errors    Error{input} for what adapter.hpp and adapter_additions.hpp refuse, and for NaN, infinity and values too large
//           for the output; Error{usage} for a scale that is not a number.
#pragma once

#include "evergreen/residual/adapter.hpp"
#include "evergreen/residual/residual.hpp"

namespace evergreen {

struct AdapterApplyOptions {
  double scale = 1;
  ScaleRule scale_of = {};          // instead of `scale`: a scale for each tensor, by name
  std::optional<Dtype> dtype = {};  // of the updated model; empty: as the new base
  fs::path files_from = {};         // empty: the adapter
  bool model_files = true;          // false: weights alone
  std::string command = {};         // as typed, for evergreen.json and the card
  uint64_t max_shard_bytes = uint64_t{5} << 30;
  bool sync = true;
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

// `base` may be null for an adapter without whole tensors.
ResidualReport apply_adapter(const CheckpointReader& new_base, const Adapter& adapter,
                             const CheckpointReader* base, const fs::path& out,
                             const AdapterApplyOptions& options = {});

}  // namespace evergreen
