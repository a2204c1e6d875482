// The weights of one model in memory: name -> tensor, in the table's order.
//
// Projections that read the same input (q, k, v; gate, up) lie one behind the other in memory, so that one matrix product can
// take them together; each is a tensor of its own all the same.
// Device and dtype are arguments, never globals; the blocks of a model may lie on several devices (placement.hpp). Loading goes through the checkpoint's reader in slices of
// rows straight into the tensors: peak memory is the model itself plus a few slices.
// Errors    Error{input} for a tensor that is missing, has another shape, or is not needed (by name, nearest name given);
//           NaN or Inf in a weight is an error that names tensor and element.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/checkpoint/writer.hpp"
#include "evergreen/model/parameter_table.hpp"
#include "evergreen/model/placement.hpp"

namespace evergreen {

class Parameters {
 public:
  // Uninitialised tensors for the whole table.
  Parameters(const ModelConfig& config, at::TensorOptions options);
  Parameters(const ModelConfig& config, at::ScalarType type, Placement placement);

  const std::vector<ParameterInfo>& table() const { return table_; }
  const at::Tensor& at(const std::string& name) const;  // Error{internal} for an unknown name
  const at::Tensor& head() const { return at(head_name_); }
  const Placement& placement() const { return placement_; }
  void set(const std::string& name, at::Tensor tensor);  // same shape and device
  void requires_grad(bool on);

 private:
  std::vector<ParameterInfo> table_;
  std::map<std::string, at::Tensor> tensors_;
  std::string head_name_;
  Placement placement_;
};

// That a checkpoint holds the tensors of the table, and no others: by its headers, before any weight is read.
void require_parameters(const CheckpointReader& checkpoint, const ModelConfig& config);

// All tensors of the table from a checkpoint; others in it are an error, but for those transformers drops as
// well (rotary_emb.inv_freq; lm_head.weight of a tied model, when it equals the embedding).
Parameters load_parameters(const CheckpointReader& checkpoint, const ModelConfig& config,
                           at::TensorOptions options);
Parameters load_parameters(const CheckpointReader& checkpoint, const ModelConfig& config, at::ScalarType type,
                           const Placement& placement);

// Elements [first, first + into.numel()) of one tensor, with the same checks.
void load_elements(const CheckpointReader& checkpoint, const std::string& name, int64_t first,
                   const at::Tensor& into);

// Normal(0, 0.02) weights, zero biases, unit norms, as transformers initialises; every element is a function
// of (seed, name, index).
Parameters init_parameters(const ModelConfig& config, uint64_t seed, at::TensorOptions options);

// What a CheckpointWriter needs to know, and the writing itself: rounded once to `dtype`.
std::vector<TensorSpec> tensor_plan(const ModelConfig& config, Dtype dtype);
void write_parameters(const Parameters& parameters, CheckpointWriter& writer);

}  // namespace evergreen
