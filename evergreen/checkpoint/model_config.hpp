// config.json of a decoder: what evergreen reads of it, for both spellings (transformers 4: rope_scaling,
// torch_dtype; transformers 5: rope_parameters, dtype).
//
// Errors    Error{input} with the path and member for what is missing, of the wrong type, or contradictory
//           (heads that the KV heads do not divide, a RoPE type that is not known, a sliding window ...).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/checkpoint/dtype.hpp"

namespace evergreen {

enum class ModelFamily { llama, qwen2 };

// Scaling of the rotary frequencies as in Llama 3.1 (transformers: modeling_rope_utils.py, _compute_llama3_parameters).
struct RopeScaling {
  double factor = 8, low_freq_factor = 1, high_freq_factor = 4;
  int64_t original_max_position_embeddings = 8192;
  friend bool operator==(const RopeScaling&, const RopeScaling&) = default;
};

struct ModelConfig {
  ModelFamily family = ModelFamily::llama;
  std::string architecture;  // "LlamaForCausalLM"
  int64_t vocab_size = 0, hidden_size = 0, intermediate_size = 0;
  int64_t num_layers = 0, num_heads = 0, num_kv_heads = 0, head_dim = 0;
  int64_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-6, rope_theta = 10000;
  std::optional<RopeScaling> rope_scaling;
  bool tie_word_embeddings = false;
  bool qkv_bias = false;  // always in Qwen 2; attention_bias in Llama also puts one on o_proj
  bool o_bias = false, mlp_bias = false;
  std::optional<Dtype> dtype;
  std::optional<int64_t> bos_token_id, pad_token_id;
  std::vector<int64_t> eos_token_ids;  // a number or a list in the file
};

ModelConfig read_model_config(const fs::path& directory);  // directory/config.json
ModelConfig parse_model_config(const std::string& json, const std::string& where);

// The config.json transformers writes for a new model of this shape.
std::string make_config_json(const ModelConfig& config);

// config.json of an updated model: architecture, RoPE and dtype of `new_base`, bos, eos and pad of `instruct`
// (DESIGN.md, section 5). Members evergreen does not know are kept as in `new_base`. `vocab_size`: the rows of the embedding,
// where they are not those of `new_base`.
std::string merge_config_json(const fs::path& new_base, const fs::path& instruct, std::optional<Dtype> dtype,
                              std::optional<int64_t> vocab_size = {});

}  // namespace evergreen
