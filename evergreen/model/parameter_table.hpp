// The parameters of a decoder as a flat table, known from config.json before any memory is taken.
//
// Names and shapes are Hugging Face's: a checkpoint, the optimiser's state, a sharding plan and a residual
// all speak of a parameter by this name. Tied models have no lm_head.weight: their head is model.embed_tokens.weight.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

struct ParameterInfo {
  std::string name;
  std::vector<int64_t> shape;
  int64_t block = 0;  // -1: embedding, 0 .. num_layers-1: a layer, num_layers: final norm and untied head
  bool weight_decay = true;  // false for norms and biases
  int64_t elements() const;
};

// In the order a forward pass needs them.
std::vector<ParameterInfo> parameter_table(const ModelConfig& config);
int64_t parameter_count(const ModelConfig& config);
std::string head_name(const ModelConfig& config);

}  // namespace evergreen
