// JSON and config.json: text that is accepted must be written and read again the same; a configuration that is accepted must be
// consistent with itself.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/model_config.hpp"

namespace {

using namespace evergreen;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_json(const std::string& text) {
  const Json json = parse_json(text, "fuzz");
  require(parse_json(json.dump(), "again") == json);
}

void check_config(const std::string& text) {
  const ModelConfig config = parse_model_config(text, "fuzz");
  require(config.num_heads % config.num_kv_heads == 0 && config.head_dim % 2 == 0 && config.num_layers > 0);
  const std::string made = make_config_json(config);
  require(make_config_json(parse_model_config(made, "again")) == made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto check : {check_json, check_config}) {
    try {
      check(text);
    } catch (const Error& error) {
      require(error.kind() == ErrorKind::input);
    }
  }
  return 0;
}

extern "C" const char* const* evergreen_fuzz_seeds() {
  static const char* const seeds[] = {
      R"({"architectures": ["LlamaForCausalLM"], "vocab_size": 128, "hidden_size": 64, "intermediate_size": 96,
          "num_hidden_layers": 2, "num_attention_heads": 8, "num_key_value_heads": 2, "max_position_embeddings": 256,
          "rope_theta": 5e5, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
          "high_freq_factor": 4, "original_max_position_embeddings": 8192}, "torch_dtype": "bfloat16",
          "eos_token_id": [1, 2], "bos_token_id": 0, "rms_norm_eps": 1e-5, "tie_word_embeddings": true})",
      R"({"model_type": "qwen2", "vocab_size": 128, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
          "num_attention_heads": 8, "max_position_embeddings": 256, "rope_parameters": {"rope_theta": 1e6,
          "rope_type": "default"}, "dtype": "float32", "use_sliding_window": false})",
      R"([1, -2.5e-3, "ü\u00fc\ud83d\ude00", null, true, {"a": {}}])", nullptr};
  return seeds;
}

extern "C" const char* const* evergreen_fuzz_words() {
  static const char* const words[] = {"\"head_dim\"",
                                      "\"layer_types\"",
                                      "\"quantization_config\"",
                                      "null",
                                      "true",
                                      "1e999",
                                      "-0",
                                      "9223372036854775808",
                                      "\\u0000",
                                      "\\ud800",
                                      "[[[[[[[[",
                                      "\"hidden_act\"",
                                      nullptr};
  return words;
}
