// Against transformers in float32, on weights drawn so that an error shows, and the proof that errors do show.
#include <functional>

#include <gtest/gtest.h>

#include "tests/model/golden.hpp"

namespace evergreen::test {
namespace {

constexpr double kLogitsTolerance = 1e-4, kLossTolerance = 1e-5, kGradientTolerance = 1e-4;

class Parity : public testing::TestWithParam<std::string> {};

TEST_P(Parity, LogitsLossAndEveryGradientAreThoseOfTransformers) {
  const Golden golden(GetParam());
  const Outcome outcome = run(golden, golden.config, golden.parameters());
  EXPECT_LE(max_difference(outcome.logits, golden.expected("logits")), kLogitsTolerance);
  EXPECT_NEAR(outcome.loss, golden.expected("loss").item<double>(), kLossTolerance);
  for (const auto& [name, gradient] : outcome.gradients) {
    ASSERT_TRUE(gradient.defined()) << name;
    EXPECT_LE(relative_difference(gradient, golden.expected("grad." + name)), kGradientTolerance) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Transformers, Parity, testing::ValuesIn(kGoldenModels),
                         [](const auto& test) { return test.param; });

using Change = std::function<void(ModelConfig&, Parameters&)>;

// Query heads in the order that makes slot h read KV head h / group where the right model's head would read h % K.
void use_modulo_head_map(ModelConfig& config, Parameters& parameters) {
  const int64_t heads = config.num_heads, kv_heads = config.num_kv_heads, e = config.head_dim;
  std::vector<int64_t> rows;
  for (int64_t kv = 0; kv < kv_heads; ++kv) {
    for (int64_t head = kv; head < heads; head += kv_heads) {
      for (int64_t i = 0; i < e; ++i) rows.push_back(head * e + i);
    }
  }
  const at::Tensor order = at::tensor(rows, at::kLong);
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".self_attn.";
    parameters.set(prefix + "q_proj.weight", parameters.at(prefix + "q_proj.weight").index_select(0, order));
    parameters.set(prefix + "o_proj.weight", parameters.at(prefix + "o_proj.weight").index_select(1, order));
    if (config.qkv_bias) {
      parameters.set(prefix + "q_proj.bias", parameters.at(prefix + "q_proj.bias").index_select(0, order));
    }
  }
}

void drop_biases(ModelConfig&, Parameters& parameters) {
  for (const ParameterInfo& info : parameters.table()) {
    if (info.name.ends_with("_proj.bias")) parameters.set(info.name, at::zeros(info.shape));
  }
}

struct Mutation {
  std::string name;
  std::function<bool(const ModelConfig&)> applies;
  Change change;
};

const std::vector<Mutation> kMutations = {
    {"no bias", [](const ModelConfig& c) { return c.qkv_bias; }, drop_biases},
    {"wrong RoPE theta", [](const ModelConfig&) { return true; },
     [](ModelConfig& c, Parameters&) { c.rope_theta *= 2; }},
    {"no llama3 scaling", [](const ModelConfig& c) { return c.rope_scaling.has_value(); },
     [](ModelConfig& c, Parameters&) { c.rope_scaling.reset(); }},
    {"wrong map of query heads to KV heads",
     [](const ModelConfig& c) { return c.num_kv_heads > 1 && c.num_kv_heads < c.num_heads; },
     use_modulo_head_map},
    {"wrong eps", [](const ModelConfig&) { return true; },
     [](ModelConfig& c, Parameters&) { c.rms_norm_eps = 1e-6; }},
};

TEST_P(Parity, FailsByTenTimesTheToleranceForAMutatedModel) {
  const Golden golden(GetParam());
  for (const Mutation& mutation : kMutations) {
    if (!mutation.applies(golden.config)) continue;
    ModelConfig config = golden.config;
    Parameters parameters = golden.parameters();
    mutation.change(config, parameters);
    const Outcome outcome = run(golden, config, parameters);
    EXPECT_GE(max_difference(outcome.logits, golden.expected("logits")), 10 * kLogitsTolerance)
        << mutation.name;
    EXPECT_GE(std::abs(outcome.loss - golden.expected("loss").item<double>()), 10 * kLossTolerance)
        << mutation.name;
    double worst = 0;
    for (const auto& [name, gradient] : outcome.gradients) {
      worst = std::max(worst, relative_difference(gradient, golden.expected("grad." + name)));
    }
    EXPECT_GE(worst, 10 * kGradientTolerance) << mutation.name;
  }
}

TEST(Mutations, EachOneIsTriedOnSomeModel) {
  for (const Mutation& mutation : kMutations) {
    const bool tried = std::any_of(kGoldenModels.begin(), kGoldenModels.end(), [&](const std::string& name) {
      return mutation.applies(Golden(name).config);
    });
    EXPECT_TRUE(tried) << mutation.name;
  }
}

}  // namespace
}  // namespace evergreen::test
