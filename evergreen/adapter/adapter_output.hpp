// Writing finished factors and whole modules as PEFT's adapter files.
//
// Modules   whole tensors go into modules_to_save, but for a bias beside a product: that is stored in the layer which the
//           product wraps (MODULE.base_layer.bias, bias "all"). Where the output layer is tied to an embedding that is kept
//           whole, PEFT wants it a second time under its own name.
#pragma once

#include "evergreen/adapter/adapter_config.hpp"
#include "evergreen/adapter/low_rank_plan.hpp"
#include "evergreen/checkpoint/content_hash.hpp"
#include "evergreen/checkpoint/writer.hpp"

namespace evergreen {

struct AdapterOutput {
  const CheckpointReader& base;
  const CheckpointReader& instruct;
  const std::vector<LowRankJob>& jobs;  // all done
  Dtype dtype;                          // of the factors
  bool tied_output;                     // the output layer too
};

// Whether the output layer has to be stored beside its embedding.
bool needs_tied_output(const CheckpointReader& base, bool full_modules);

std::vector<TensorSpec> adapter_tensors(const AdapterOutput& output);
AdapterConfig adapter_config(const AdapterOutput& output);
ContentHash write_adapter(const AdapterOutput& output, const FactorSpool& spool, CheckpointWriter& writer);

}  // namespace evergreen
