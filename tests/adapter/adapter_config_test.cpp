#include "evergreen/adapter/adapter_config.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {

struct ConfigFile {
  explicit ConfigFile(const std::string& text) { replace_file(dir / kAdapterConfigFile, text); }
  AdapterConfig read() const { return read_adapter_config(dir.path()); }
  TempDir dir;
};

}  // namespace

TEST(AdapterConfig, IsReadBackAsItWasWritten) {
  AdapterConfig config;
  config.rank = config.alpha = 16;
  config.rank_pattern = {{"model.layers.1.mlp.up_proj", 4}};
  config.alpha_pattern = {{"model.layers.1.mlp.up_proj", 4}};
  config.target_modules = {"up_proj"};
  config.modules_to_save = {"norm"};
  config.base_model = "org/name";
  config.task_type = "CAUSAL_LM";
  const std::string text = make_adapter_config_json(config);
  const Json json = parse_json(text, "adapter_config.json");
  EXPECT_EQ(json["peft_type"], "LORA");
  EXPECT_TRUE(json["lora_alpha"].is_number_integer()) << "vLLM's field is an int";
  EXPECT_EQ(json["target_modules"], Json::array({"up_proj"}));
  EXPECT_EQ(json["task_type"], "CAUSAL_LM");
  const AdapterConfig read = ConfigFile(text).read();
  EXPECT_EQ(read.rank, 16);
  EXPECT_EQ(read.rank_pattern, config.rank_pattern);
  EXPECT_EQ(read.modules_to_save, config.modules_to_save);
  EXPECT_EQ(read.base_model, "org/name");
  EXPECT_EQ(adapter_scaling(read, "model.layers.1.mlp.up_proj", 4, "x"), 1);
  EXPECT_EQ(adapter_scaling(read, "model.layers.0.mlp.up_proj", 16, "x"), 1);
}

TEST(AdapterConfig, ScalingIsAlphaOverRankOrOverItsRoot) {
  AdapterConfig config;
  config.rank = 4;
  config.alpha = 10;
  EXPECT_EQ(adapter_scaling(config, "m", 4, "x"), 2.5);
  config.rank_stabilised = true;
  EXPECT_EQ(adapter_scaling(config, "m", 4, "x"), 5);
  config.rank = 2;
  EXPECT_EQ(adapter_scaling(config, "m", 2, "x"), 10 / std::sqrt(2.0));
  expect_error(ErrorKind::input, "have the rank 3, but the configuration says 2",
               [&] { adapter_scaling(config, "m", 3, "x"); });
}

TEST(AdapterConfig, PatternsMatchTheEndOfANameAndTheFirstOneWins) {
  const AdapterConfig config = ConfigFile(R"({"peft_type": "LORA", "r": 8, "lora_alpha": 8,
      "rank_pattern": {"layers\\.1\\.v_proj": 6, "v_proj": 2, "layers\\.0\\.v_proj": 5}, "alpha_pattern": {"q_proj": 4.5}})")
                                   .read();
  EXPECT_EQ(adapter_scaling(config, "model.layers.1.v_proj", 6, "x"), 8.0 / 6);
  EXPECT_EQ(adapter_scaling(config, "model.layers.0.v_proj", 2, "x"), 4);
  EXPECT_EQ(adapter_scaling(config, "model.layers.0.vv_proj", 8, "x"), 1) << "a pattern begins at a dot";
  EXPECT_EQ(adapter_scaling(config, "model.layers.0.q_proj", 8, "x"), 4.5 / 8);
  const AdapterConfig odd =
      ConfigFile(R"({"peft_type": "LORA", "r": 8, "lora_alpha": 8, "alpha_pattern": {"(": 1}})").read();
  expect_error(ErrorKind::input, "not a regular expression", [&] { adapter_scaling(odd, "m", 8, "x"); });
}

TEST(AdapterConfig, WhatIsNotPlainLoraIsRefusedByName) {
  const auto refused = [](const std::string& words, const std::string& members) {
    const ConfigFile file(R"({"r": 8, "lora_alpha": 8, )" + members + "}");
    expect_error(ErrorKind::input, words, [&] { file.read(); });
  };
  refused("peft_type is IA3", R"("peft_type": "IA3")");
  refused("'use_dora'", R"("peft_type": "LORA", "use_dora": true)");
  refused("'lora_bias'", R"("peft_type": "LORA", "lora_bias": true)");
  refused("'target_parameters'", R"("peft_type": "LORA", "target_parameters": ["experts.w"])");
  refused("'layer_replication'", R"("peft_type": "LORA", "layer_replication": [[0, 2], [1, 3]])");
  refused("\"pissa\", which changed the base", R"("peft_type": "LORA", "init_lora_weights": "pissa")");
  refused("'peft_type'", R"("use_dora": false)");
  refused("'rank_pattern'", R"("peft_type": "LORA", "rank_pattern": {"a": "b"})");
  EXPECT_EQ(
      ConfigFile(
          R"({"peft_type": "LORA", "r": 8, "lora_alpha": 8, "init_lora_weights": "gaussian", "use_dora": false,
                           "target_parameters": null, "layer_replication": null, "lora_bias": false})")
          .read()
          .rank,
      8);
}

TEST(AdapterNames, AreThoseThatPeftWrites) {
  const auto parse = [](const std::string& name) { return parse_adapter_name(name, "x"); };
  for (const AdapterPart part : {AdapterPart::lora_a, AdapterPart::lora_b, AdapterPart::embedding_a,
                                 AdapterPart::embedding_b, AdapterPart::whole}) {
    const AdapterName name = {"model.layers.0.mlp.up_proj", part};
    EXPECT_EQ(parse(adapter_name(name)).name, name.name);
    EXPECT_EQ(parse(adapter_name(name)).part, part);
  }
  EXPECT_EQ(adapter_name({"model.m", AdapterPart::lora_a}), "base_model.model.model.m.lora_A.weight");
  EXPECT_EQ(adapter_name({"model.e", AdapterPart::embedding_b}), "base_model.model.model.e.lora_embedding_B");
  EXPECT_EQ(base_layer_name("model.q_proj.bias"), "base_model.model.model.q_proj.base_layer.bias");
  EXPECT_EQ(parse(base_layer_name("model.q_proj.bias")).name, "model.q_proj.bias");
  EXPECT_EQ(parse("base_model.model.lm_head.base_layer.weight").part, AdapterPart::frozen);
  for (const char* other : {"base_model.model.q.lora_magnitude_vector", "base_model.model.q.lora_B.bias",
                            "q.lora_A.weight", "base_model.vera_A"}) {
    expect_error(ErrorKind::input, "is no part of plain LoRA", [&] { parse(other); });
  }
}

}  // namespace evergreen
