// What inspect found: numbers by tensor, by module of a layer, by layer, by kind of module, and of everything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/residual/effective_rank.hpp"
#include "evergreen/residual/statistics.hpp"

namespace evergreen {

struct CheckpointSummary {
  std::string role;          // "base", "instruct model", "new base", "residual", "model"
  std::string path, kind;    // "model" or "residual"
  std::string architecture;  // of config.json; empty if it has none
  uint64_t parameters = 0, bytes = 0;
  std::map<std::string, uint64_t> parameters_by_dtype;
  std::vector<std::string> shards;
  std::vector<TensorInfo> tensors;
};

// A tensor that holds NaN or infinity. Such elements are in no norm.
struct NotFiniteTensor {
  std::string role, file, tensor, first;  // first: "[3, 17]"
  uint64_t nan = 0, infinite = 0;
};

// D: the residual R, or the weights of a single model.
struct InspectGroup {
  std::string name;               // "layer 3", "self_attn.q_proj", a tensor, "all"
  std::optional<uint64_t> layer;  // of a module or tensor in a layer
  std::string kind;               // of a kind, module or tensor
  uint64_t parameters = 0, left_out = 0;
  double norm = 0;                       // |D|
  std::optional<double> base_norm;       // |base|
  std::optional<double> relative;        // |D| / |base|
  std::optional<double> shift_relative;  // |S| / |base|
  std::optional<double> cosine;          // of R and S
  std::optional<double> changed_share;   // of the elements: instruct is stored as another number than base
  std::optional<double> rank_share;      // effective rank / limit; of several matrices the mean
  std::optional<EffectiveRank> rank;     // of a single matrix

  double root_mean_square() const;
};

struct InspectReport {
  std::vector<CheckpointSummary> checkpoints;
  bool of_residual = false, has_base = false, has_shift = false;
  RankSample sample;  // rows 0: no ranks
  InspectGroup total;
  // By layer; by kind, matrices first; by layer and kind (without layer: by kind); by tensor, in file order.
  std::vector<InspectGroup> layers, kinds, modules, tensors;
  uint64_t carried_tensors = 0;  // without arithmetic: in no number here
  std::vector<NotFiniteTensor> not_finite;
  std::vector<std::string> notes;
  uint64_t bytes_read = 0;
  double seconds = 0;
};

// "residual", "adapter" (of PEFT, by its adapter_config.json) or "model".
std::string checkpoint_kind(const CheckpointReader& checkpoint);

CheckpointSummary summarize(const CheckpointReader& checkpoint, const std::string& role);

// Directions of `statistics`: D alone; or base, D; or base, D, S. `ranks` by tensor.
void fill_groups(InspectReport& report, const Statistics& statistics,
                 const std::map<std::string, EffectiveRank>& ranks);

std::vector<NotFiniteTensor> not_finite_tensors(const Statistics& statistics,
                                                const std::map<const CheckpointReader*, std::string>& roles);

std::string to_json_text(const CheckpointSummary& summary);
std::string to_json_text(const InspectReport& report);

}  // namespace evergreen
