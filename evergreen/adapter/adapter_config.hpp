// adapter_config.json of a PEFT LoRA adapter, and the names its tensors have.
//
//   W' = W + scaling * B A       scaling = alpha / r, with use_rslora alpha / sqrt(r)      arXiv 2106.09685, arXiv 2312.03732
//
// Names     as peft 0.21 writes them, behind "base_model.model.":
//             MODULE.lora_A.weight [r, in], MODULE.lora_B.weight [out, r]
//             MODULE.lora_embedding_A [r, in], MODULE.lora_embedding_B [out, r]      of an embedding: W' = W + scaling * (B A)^T
//             MODULE.base_layer.bias                                                 a bias beside them, whole
//             MODULE.base_layer.weight                                               of embeddings: a copy, not trained
//             TENSOR                                                                 of a module in modules_to_save, whole
// Errors    Error{input} for what is not plain LoRA (DoRA, other methods, initialisations that changed the base, LoRA of
//           parameters or biases, tokens trained alone), for members of the wrong type and for names of other forms.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

inline constexpr const char* kAdapterConfigFile = "adapter_config.json";
inline constexpr const char* kAdapterWeightsFile = "adapter_model.safetensors";

// A regular expression that a module's name or its end must match; the first one wins.
template <class Value>
using ModulePattern = std::vector<std::pair<std::string, Value>>;

struct AdapterConfig {
  int64_t rank = 8;
  double alpha = 8;
  ModulePattern<int64_t> rank_pattern = {};
  ModulePattern<double> alpha_pattern = {};
  bool rank_stabilised = false;  // use_rslora
  bool fan_in_fan_out = false;   // the weights are [in, out]
  std::vector<std::string> target_modules = {}, modules_to_save = {};
  std::string bias = "none";  // "all": biases are stored whole
  std::string base_model = {}, task_type = {};
  bool ensure_weight_tying = false;
};

std::string make_adapter_config_json(const AdapterConfig& config);
AdapterConfig read_adapter_config(const fs::path& directory);
bool is_adapter(const fs::path& directory);  // it has an adapter_config.json

// Of the module's product, whose factors have `rank`; Error{input} if the configuration has another one.
double adapter_scaling(const AdapterConfig& config, const std::string& module, int64_t rank,
                       const std::string& where);

enum class AdapterPart { lora_a, lora_b, embedding_a, embedding_b, frozen, whole };

// Of a part of LoRA `name` is the module's, of a whole tensor the tensor's own.
struct AdapterName {
  std::string name;
  AdapterPart part = AdapterPart::whole;
};

AdapterName parse_adapter_name(const std::string& tensor, const std::string& where);
std::string adapter_name(const AdapterName& name);  // not of a bias beside LoRA: that is base_layer_name()
std::string base_layer_name(const std::string& tensor);  // "base_model.model.MODULE.base_layer.bias"

}  // namespace evergreen
