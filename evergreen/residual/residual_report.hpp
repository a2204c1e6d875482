// What a residual looks like, and what making or adding it did.
//
//   relative norm   |scale * R| / |base|, Frobenius, over a tensor, a layer, a kind of module or everything
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/residual/combine.hpp"

namespace evergreen {

struct NormGroup {
  std::string name;  // "layer 3", "self_attn.q_proj", or a tensor
  uint64_t parameters = 0;
  double residual_norm = 0, base_norm = 0;
  double relative() const { return base_norm > 0 ? residual_norm / base_norm : 0; }
};

// What storing R in its dtype loses, against R in float64.
struct StoreLoss {
  std::string dtype;
  double max_error = 0, rms_error = 0;
  double relative_error = 0;  // |stored - R| / |R|, Frobenius
  uint64_t changed = 0;       // elements of base + R that come out differently, in the base's dtype
  double changed_share = 0;
};

struct ResidualReport {
  std::string operation;  // "extract", "apply", "graft", "inspect"
  uint64_t tensors = 0, carried_tensors = 0, parameters = 0;
  NormGroup total;
  std::vector<NormGroup> layers, kinds, each;  // by layer; by kind of module; by tensor
  std::optional<StoreLoss> loss;               // of extract
  std::vector<std::string> notes;
  std::optional<PartOf> part;  // the share of the work that this was; none: all
  std::string weights_hash;    // of the output; empty if there is none
  uint64_t bytes_read = 0, bytes_written = 0;
  uint64_t continued_parameters = 0;  // that a run before this one, or another part, had done
  double seconds = 0;
};

ResidualReport make_report(const std::string& operation, const CombineResult& result);
StoreLoss store_loss(const CombineResult& result, Dtype dtype);  // where measure_loss was on
std::string to_json_text(const ResidualReport& report);

// The number of the layer that a tensor belongs to ("model.layers.12.mlp.up_proj.weight": 12), or none.
std::optional<uint64_t> layer_of(const std::string& tensor);
// Its kind of module, the same in every layer ("mlp.up_proj"); experts are one kind.
std::string kind_of(const std::string& tensor);

}  // namespace evergreen
