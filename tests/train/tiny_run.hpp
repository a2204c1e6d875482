// A model and a token store small enough to train in a test.
#pragma once

#include "evergreen/base/random.hpp"
#include "evergreen/train/train.hpp"

namespace evergreen::test {

// Untied, it has biases as well.
inline ModelConfig tiny_config(bool untied = false) {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.vocab_size = 40;
  config.hidden_size = 16;
  config.intermediate_size = 24;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_dim = 4;
  config.max_position_embeddings = 64;
  config.tie_word_embeddings = !untied;
  config.qkv_bias = untied;
  return config;
}

inline Decoder tiny_decoder(uint64_t seed, const ModelConfig& config = tiny_config()) {
  return {config, init_parameters(config, seed, at::kFloat)};
}

// Documents that count upwards from a random start: something that can be learned.
inline fs::path write_tiny_store(const fs::path& path, int documents = 60) {
  TokenStoreWriter writer(path, tiny_config().vocab_size);
  RandomStream stream(5, "tiny");
  for (int d = 0; d < documents; ++d) {
    std::vector<uint32_t> tokens;
    const auto start = static_cast<uint32_t>(stream.below(20)),
               length = static_cast<uint32_t>(3 + stream.below(15));
    for (uint32_t i = 0; i < length; ++i) tokens.push_back((start + i) % 40);
    writer.add(tokens);
  }
  writer.finish();
  return path;
}

inline TrainOptions tiny_options() {
  TrainOptions options;
  options.packing = {.row_tokens = 32, .rows = 4, .seed = 3};
  options.steps = 12;
  options.schedule = {.kind = ScheduleKind::cosine, .peak = 1e-2, .min_ratio = 0.1, .warmup_steps = 2};
  options.validate_every = 4;
  return options;
}

}  // namespace evergreen::test
