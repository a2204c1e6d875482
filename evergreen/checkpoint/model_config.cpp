#include "evergreen/checkpoint/model_config.hpp"

#include <array>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/checkpoint/missing_model.hpp"

namespace evergreen {
namespace {

struct Family {
  const char* architecture;
  const char* model_type;
  ModelFamily family;
};
constexpr std::array<Family, 2> kFamilies = {
    {{"LlamaForCausalLM", "llama", ModelFamily::llama}, {"Qwen2ForCausalLM", "qwen2", ModelFamily::qwen2}}};

const Family& family_row(ModelFamily family) { return kFamilies.at(static_cast<size_t>(family)); }

ModelFamily parse_family(const Json& json, const std::string& where) {
  const auto named = json_get_or<std::vector<std::string>>(json, "architectures", {}, where);
  const std::string type = json_get_or<std::string>(json, "model_type", "", where);
  std::vector<std::string> known;
  for (const Family& row : kFamilies) {
    if (named.empty() ? type == row.model_type : named.front() == row.architecture) return row.family;
    known.emplace_back(named.empty() ? row.model_type : row.architecture);
  }
  const std::string& word = named.empty() ? type : named.front();
  if (word.empty())
    throw Error(ErrorKind::input, "neither 'architectures' nor 'model_type' says what model this is", where);
  throw Error(ErrorKind::input, fmt::format("the architecture '{}' is not one that evergreen can run", word),
              where, suggest_name(word, known));
}

RopeScaling parse_llama3_scaling(const Json& rope, const std::string& where) {
  RopeScaling scaling;
  scaling.factor = json_get<double>(rope, "factor", where);
  scaling.low_freq_factor = json_get<double>(rope, "low_freq_factor", where);
  scaling.high_freq_factor = json_get<double>(rope, "high_freq_factor", where);
  scaling.original_max_position_embeddings =
      json_get<int64_t>(rope, "original_max_position_embeddings", where);
  if (scaling.factor < 1 || scaling.high_freq_factor <= scaling.low_freq_factor ||
      scaling.low_freq_factor <= 0 || scaling.original_max_position_embeddings < 1) {
    throw Error(ErrorKind::input, fmt::format("the llama3 RoPE scaling {} contradicts itself", rope.dump()),
                where);
  }
  return scaling;
}

// `rope` is rope_parameters (transformers 5) or rope_scaling (4).
void parse_rope_object(const Json& rope, ModelConfig& config, const std::string& where) {
  const std::string type = json_get_or<std::string>(
      rope, "rope_type", json_get_or<std::string>(rope, "type", "default", where), where);
  if (json_get_or<double>(rope, "partial_rotary_factor", 1, where) != 1) {
    throw Error(ErrorKind::input, "rotary embedding of a part of each head is not one that evergreen can run",
                where);
  }
  if (type == "llama3") {
    config.rope_scaling = parse_llama3_scaling(rope, where);
  } else if (type != "default") {
    throw Error(ErrorKind::input, fmt::format("the RoPE type '{}' is not one that evergreen can run", type),
                where, suggest_name(type, {"default", "llama3"}));
  }
}

void parse_rope(const Json& json, ModelConfig& config, const std::string& where) {
  const Json parameters = json_get_or<Json>(json, "rope_parameters", Json(), where);
  const Json scaling = json_get_or<Json>(json, "rope_scaling", Json(), where);
  for (const auto& [name, rope] : {std::pair{"rope_parameters", &parameters}, {"rope_scaling", &scaling}}) {
    if (!rope->is_null() && !rope->is_object()) throw_json_member(name, where, "is not an object");
  }
  config.rope_theta = json_get_or<double>(json, "rope_theta", config.rope_theta, where);
  if (scaling.is_object()) parse_rope_object(scaling, config, where + ", rope_scaling");
  if (parameters.is_object()) {
    const std::string inside = where + ", rope_parameters";
    const ModelConfig old = config;
    config.rope_scaling.reset();
    parse_rope_object(parameters, config, inside);
    config.rope_theta = json_get_or<double>(parameters, "rope_theta", config.rope_theta, inside);
    if ((json.contains("rope_theta") && config.rope_theta != old.rope_theta) ||
        (scaling.is_object() && config.rope_scaling != old.rope_scaling)) {
      throw Error(ErrorKind::input, "'rope_parameters' contradicts 'rope_theta' or 'rope_scaling'", where,
                  "keep the one that is right");
    }
  }
  if (config.rope_theta <= 1) throw_json_member("rope_theta", where, "is not greater than 1");
}

void refuse_what_cannot_run(const Json& json, ModelFamily family, const std::string& where) {
  if (json_get_or<std::string>(json, "hidden_act", "silu", where) != "silu") {
    throw_json_member("hidden_act", where,
                      fmt::format("is {}; evergreen runs silu", json["hidden_act"].dump()));
  }
  if (json.contains("quantization_config") && !json["quantization_config"].is_null()) {
    throw_json_member("quantization_config", where,
                      "says that the weights are quantised; evergreen runs plain ones");
  }
  if (family != ModelFamily::qwen2) return;
  if (json_get_or<bool>(json, "use_sliding_window", false, where)) {
    throw_json_member("use_sliding_window", where, "is true; evergreen runs full attention");
  }
  for (const std::string& layer : json_get_or<std::vector<std::string>>(json, "layer_types", {}, where)) {
    if (layer != "full_attention") {
      throw_json_member("layer_types", where, fmt::format("has '{}'; evergreen runs full_attention", layer));
    }
  }
}

void require_consistent(const ModelConfig& config, const std::string& where) {
  for (const auto& [name, value] : {std::pair{"vocab_size", config.vocab_size},
                                    {"hidden_size", config.hidden_size},
                                    {"intermediate_size", config.intermediate_size},
                                    {"num_hidden_layers", config.num_layers},
                                    {"num_attention_heads", config.num_heads},
                                    {"num_key_value_heads", config.num_kv_heads},
                                    {"head_dim", config.head_dim},
                                    {"max_position_embeddings", config.max_position_embeddings}}) {
    if (value < 1) throw_json_member(name, where, fmt::format("is {}, not at least 1", value));
  }
  if (config.num_heads % config.num_kv_heads != 0) {
    throw Error(
        ErrorKind::input,
        fmt::format("{} KV heads do not divide {} attention heads", config.num_kv_heads, config.num_heads),
        where);
  }
  if (config.head_dim % 2 != 0) {
    throw_json_member("head_dim", where,
                      fmt::format("is {}; rotary embedding needs an even number", config.head_dim));
  }
  if (!(config.rms_norm_eps > 0)) throw_json_member("rms_norm_eps", where, "is not positive");
}

std::vector<int64_t> parse_eos(const Json& json, const std::string& where) {
  if (!json.contains("eos_token_id") || json["eos_token_id"].is_null()) return {};
  if (json["eos_token_id"].is_number()) return {json_get<int64_t>(json, "eos_token_id", where)};
  return json_get<std::vector<int64_t>>(json, "eos_token_id", where);
}

std::optional<int64_t> parse_token(const Json& json, const std::string& name, const std::string& where) {
  if (!json.contains(name) || json[name].is_null()) return std::nullopt;
  return json_get<int64_t>(json, name, where);
}

std::optional<Dtype> parse_dtype(const Json& json, const std::string& where) {
  for (const char* member : {"dtype", "torch_dtype"}) {
    const std::string name = json_get_or<std::string>(json, member, "", where);
    if (name.empty() || name == "auto") continue;
    const auto dtype = dtype_from_option(name);
    if (!dtype) throw_json_member(member, where, fmt::format("is '{}', which is no known dtype", name));
    return dtype;
  }
  return std::nullopt;
}

int64_t default_head_dim(const ModelConfig& config, const std::string& where) {
  if (config.num_heads > 0 && config.hidden_size % config.num_heads == 0)
    return config.hidden_size / config.num_heads;
  throw Error(ErrorKind::input,
              fmt::format("{} attention heads do not divide the hidden size {}, and there is no 'head_dim'",
                          config.num_heads, config.hidden_size),
              where);
}

const char* torch_dtype_name(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16:
      return "bfloat16";
    case Dtype::f16:
      return "float16";
    case Dtype::f64:
      return "float64";
    default:
      return "float32";
  }
}

OrderedJson rope_json(const ModelConfig& config) {
  OrderedJson rope = {{"rope_type", "default"}};
  if (config.rope_scaling) {
    rope = {{"rope_type", "llama3"},
            {"factor", config.rope_scaling->factor},
            {"low_freq_factor", config.rope_scaling->low_freq_factor},
            {"high_freq_factor", config.rope_scaling->high_freq_factor},
            {"original_max_position_embeddings", config.rope_scaling->original_max_position_embeddings}};
  }
  return rope;
}

template <class T>
OrderedJson or_null(const std::optional<T>& value) {
  return value ? OrderedJson(*value) : OrderedJson();
}

}  // namespace

ModelConfig read_model_config(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  if (!fs::exists(directory)) throw missing_model(directory);
  if (!fs::exists(path)) throw Error(ErrorKind::input, "there is no config.json", directory.string());
  return parse_model_config(read_text(path), path.string());
}

ModelConfig parse_model_config(const std::string& text, const std::string& where) {
  const Json json = parse_json(text, where);
  ModelConfig config;
  config.family = parse_family(json, where);
  config.architecture = family_row(config.family).architecture;
  refuse_what_cannot_run(json, config.family, where);
  config.vocab_size = json_get<int64_t>(json, "vocab_size", where);
  config.hidden_size = json_get<int64_t>(json, "hidden_size", where);
  config.intermediate_size = json_get<int64_t>(json, "intermediate_size", where);
  config.num_layers = json_get<int64_t>(json, "num_hidden_layers", where);
  config.num_heads = json_get<int64_t>(json, "num_attention_heads", where);
  config.num_kv_heads = json_get_or<int64_t>(json, "num_key_value_heads", config.num_heads, where);
  config.head_dim = json_get_or<int64_t>(json, "head_dim", 0, where);
  if (config.head_dim == 0) config.head_dim = default_head_dim(config, where);
  config.max_position_embeddings = json_get<int64_t>(json, "max_position_embeddings", where);
  config.rms_norm_eps = json_get_or<double>(json, "rms_norm_eps", config.rms_norm_eps, where);
  parse_rope(json, config, where);
  config.tie_word_embeddings = json_get_or<bool>(json, "tie_word_embeddings", false, where);
  const bool llama = config.family == ModelFamily::llama;
  config.o_bias = llama && json_get_or<bool>(json, "attention_bias", false, where);
  config.qkv_bias = !llama || config.o_bias;
  config.mlp_bias = llama && json_get_or<bool>(json, "mlp_bias", false, where);
  config.dtype = parse_dtype(json, where);
  config.bos_token_id = parse_token(json, "bos_token_id", where);
  config.pad_token_id = parse_token(json, "pad_token_id", where);
  config.eos_token_ids = parse_eos(json, where);
  require_consistent(config, where);
  return config;
}

std::string make_config_json(const ModelConfig& config) {
  const bool llama = config.family == ModelFamily::llama;
  const Family& family = family_row(config.family);
  OrderedJson json;
  json["architectures"] = {family.architecture};
  if (llama) json["attention_bias"] = config.o_bias;
  json["attention_dropout"] = 0.0;
  json["bos_token_id"] = or_null(config.bos_token_id);
  json["eos_token_id"] = config.eos_token_ids.empty()       ? OrderedJson()
                         : config.eos_token_ids.size() == 1 ? OrderedJson(config.eos_token_ids.front())
                                                            : OrderedJson(config.eos_token_ids);
  json["head_dim"] = config.head_dim;
  json["hidden_act"] = "silu";
  json["hidden_size"] = config.hidden_size;
  json["initializer_range"] = 0.02;
  json["intermediate_size"] = config.intermediate_size;
  json["max_position_embeddings"] = config.max_position_embeddings;
  if (llama) json["mlp_bias"] = config.mlp_bias;
  json["model_type"] = family.model_type;
  json["num_attention_heads"] = config.num_heads;
  json["num_hidden_layers"] = config.num_layers;
  json["num_key_value_heads"] = config.num_kv_heads;
  json["pad_token_id"] = or_null(config.pad_token_id);
  json["rms_norm_eps"] = config.rms_norm_eps;
  json["rope_scaling"] = config.rope_scaling ? rope_json(config) : OrderedJson();
  json["rope_theta"] = config.rope_theta;
  json["tie_word_embeddings"] = config.tie_word_embeddings;
  if (config.dtype) json["torch_dtype"] = torch_dtype_name(*config.dtype);
  json["use_cache"] = true;
  if (!llama) json["use_sliding_window"] = false;
  json["vocab_size"] = config.vocab_size;
  return to_text(json);
}

}  // namespace evergreen
