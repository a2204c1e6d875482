#include "evergreen/checkpoint/model_size.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(ModelSize, AModelsSizeIsThatOfItsTensors) {
  ModelConfig config;  // the shipped world-llama: 2,910,016 bytes of bf16 with a header of a few kB
  config.vocab_size = 1024, config.hidden_size = 160, config.intermediate_size = 448;
  config.num_layers = 4, config.num_heads = config.num_kv_heads = 5, config.head_dim = 32;
  config.tie_word_embeddings = true;
  const ModelSize size = model_size(config);
  EXPECT_EQ(size.matmul_weights, 4 * (4 * 160 * 160 + 3 * 160 * 448) + 1024 * 160);
  EXPECT_EQ(size.parameters, size.matmul_weights + 4 * 2 * 160 + 160);
  config.tie_word_embeddings = false;
  config.qkv_bias = true;
  EXPECT_EQ(model_size(config).parameters, size.parameters + 1024 * 160 + 4 * 3 * 160);
}

}  // namespace evergreen
