// Decoders with random weights, small and peaked enough that the most likely token is never a near tie.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "evergreen/base/random.hpp"
#include "evergreen/model/decoder.hpp"

namespace evergreen::test {

inline ModelConfig tiny_config() {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.vocab_size = 97;
  config.hidden_size = 32;
  config.intermediate_size = 48;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_dim = 8;
  config.max_position_embeddings = 64;
  config.tie_word_embeddings = true;
  return config;
}

inline Decoder tiny_decoder(uint64_t seed = 1, const ModelConfig& config = tiny_config()) {
  at::set_num_threads(1);  // too small to share
  Parameters parameters = init_parameters(config, seed, at::kFloat);
  for (const ParameterInfo& info : parameters.table()) {
    if (info.weight_decay) parameters.at(info.name).mul_(8);  // 0.02 alone gives almost uniform logits
  }
  return {config, std::move(parameters)};
}

// The same weights in another dtype than float32: inference by tensor operations, as on a GPU.
inline Decoder in_dtype(const Decoder& decoder, at::ScalarType type) {
  Parameters converted(decoder.config(), type);
  for (const ParameterInfo& info : converted.table())
    converted.at(info.name).copy_(decoder.parameters().at(info.name));
  return {decoder.config(), std::move(converted)};
}
inline Decoder in_double(const Decoder& decoder) { return in_dtype(decoder, at::kDouble); }

inline std::vector<int32_t> random_tokens(uint64_t element, int64_t count, int64_t vocab_size = 97) {
  RandomStream stream(11, "test.tokens", element);
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i)
    tokens.push_back(static_cast<int32_t>(stream.below(static_cast<uint64_t>(vocab_size))));
  return tokens;
}

}  // namespace evergreen::test
