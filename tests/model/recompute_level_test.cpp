#include "evergreen/model/recompute_level.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "evergreen/model/decoder.hpp"
#include "evergreen/model/parameter_table.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/memory_count.hpp"

namespace evergreen::test {
namespace {

constexpr RecomputeLevel kLevels[] = {RecomputeLevel::none, RecomputeLevel::selective, RecomputeLevel::full};

// No two widths are equal, and heads are narrower together than the hidden states.
ModelConfig odd_config(int64_t layers, bool biases) {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.vocab_size = 50, config.hidden_size = 40, config.intermediate_size = 72, config.num_layers = layers;
  config.num_heads = 4, config.num_kv_heads = 2, config.head_dim = 8;
  config.tie_word_embeddings = true;
  config.qkv_bias = config.mlp_bias = config.o_bias = biases;
  return config;
}

PackedBatch batch_of(int64_t tokens) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < tokens; ++i) ids.push_back((7 * i + 3) % 50);
  return make_packed_batch(ids, {0, 9, tokens}, at::kCPU);
}

struct Outcome {
  at::Tensor hidden;
  std::vector<at::Tensor> gradients;
};

Outcome run(const ModelConfig& config, RecomputeLevel level, at::ScalarType type) {
  Decoder decoder(config, init_parameters(config, 3, type));
  decoder.parameters().requires_grad(true);
  decoder.recompute(level);
  Outcome outcome;
  for (int pass = 0; pass < 2; ++pass) {  // the second adds to gradients that are there
    outcome.hidden = decoder.forward(batch_of(25));
    outcome.hidden.square().sum().backward();
  }
  for (const ParameterInfo& info : decoder.parameters().table())
    outcome.gradients.push_back(decoder.parameters().at(info.name).grad());
  return outcome;
}

// What a graph over 64 tokens holds between forward and backward pass.
int64_t kept_bytes(const ModelConfig& config, RecomputeLevel level, at::ScalarType type) {
  Decoder decoder(config, init_parameters(config, 3, type));
  decoder.parameters().requires_grad(true);
  decoder.recompute(level);
  return bytes_held_by([&] { return decoder.forward(batch_of(64)); });
}

TEST(RecomputeLevel, HasTheNamesOfTheFieldAndBooleansForTheEnds) {
  for (const RecomputeLevel level : kLevels)
    EXPECT_EQ(recompute_level_from_name(recompute_level_name(level)), level);
  EXPECT_EQ(recompute_level_from_name("true"), RecomputeLevel::full);
  EXPECT_EQ(recompute_level_from_name("false"), RecomputeLevel::none);
  expect_error(ErrorKind::usage, "did you mean 'selective'?", [] { recompute_level_from_name("selectiv"); });
}

TEST(RecomputeLevel, ChangesNoBitOfValuesAndGradients) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kDouble}) {
    for (const bool biases : {false, true}) {
      const ModelConfig config = odd_config(3, biases);
      const Outcome plain = run(config, RecomputeLevel::none, type);
      for (const RecomputeLevel level : {RecomputeLevel::selective, RecomputeLevel::full}) {
        const Outcome outcome = run(config, level, type);
        EXPECT_TRUE(at::equal(outcome.hidden, plain.hidden)) << recompute_level_name(level) << " " << type;
        for (size_t i = 0; i < plain.gradients.size(); ++i) {
          EXPECT_TRUE(at::equal(outcome.gradients[i], plain.gradients[i]))
              << recompute_level_name(level) << " " << type << ", parameter " << i;
        }
      }
    }
  }
}

TEST(RecomputeLevel, ALayerKeepsAsManyElementsAsAreTold) {
  for (const bool biases : {false, true}) {
    for (const RecomputeLevel level : kLevels) {
      const int64_t four = kept_bytes(odd_config(4, biases), level, at::kFloat),
                    three = kept_bytes(odd_config(3, biases), level, at::kFloat);
      EXPECT_EQ(four - three, 64 * 4 * kept_elements(odd_config(3, biases), level))
          << recompute_level_name(level);
    }
  }
}

TEST(RecomputeLevel, EachLevelKeepsLessWhereNoOperationIsFused) {
  const auto layer = [](RecomputeLevel level) {
    return kept_bytes(odd_config(4, false), level, at::kDouble) -
           kept_bytes(odd_config(3, false), level, at::kDouble);
  };
  EXPECT_LT(layer(RecomputeLevel::selective), 0.75 * static_cast<double>(layer(RecomputeLevel::none)));
  EXPECT_EQ(layer(RecomputeLevel::full), 64 * 8 * 40) << "the input";
}

TEST(RecomputeLevel, WhatIsMadeAgainAreTheProductsOfThoseWeights) {
  const ModelConfig config = odd_config(1, false);
  double all = 0, inner = 0;
  for (const ParameterInfo& info : parameter_table(config)) {
    if (info.shape.size() != 2 || info.name == "model.embed_tokens.weight") continue;
    const auto flops = 2.0 * static_cast<double>(info.shape[0] * info.shape[1]);
    const bool gate_or_up =
        info.name.find("gate_proj") != std::string::npos || info.name.find("up_proj") != std::string::npos;
    if (info.name.find("down_proj") == std::string::npos) all += flops;
    if (gate_or_up) inner += flops;
  }
  EXPECT_EQ(flops_made_again(config, RecomputeLevel::none, 100), 0);
  EXPECT_EQ(flops_made_again(config, RecomputeLevel::selective, 100), inner);
  EXPECT_EQ(flops_made_again(config, RecomputeLevel::full, 0), all);
  // Scores and their sum over values, 2 x 32 each, with the 50 keys that a query of 100 tokens sees on average.
  EXPECT_EQ(flops_made_again(config, RecomputeLevel::full, 100) - all, 2 * 2 * 32 * 50);
}

}  // namespace
}  // namespace evergreen::test
