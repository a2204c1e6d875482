#include "evergreen/checkpoint/model_config.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/pico_checkpoint.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {

Json llama_json() {
  return Json::parse(R"({"architectures": ["LlamaForCausalLM"], "vocab_size": 128, "hidden_size": 64,
    "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 8, "num_key_value_heads": 2,
    "max_position_embeddings": 256, "rms_norm_eps": 1e-5})");
}

ModelConfig parse(const Json& json) { return parse_model_config(json.dump(), "config.json"); }

template <class T>
void expect_refused(const std::string& words, const std::string& member, T value) {
  Json json = llama_json();
  json[member] = value;
  expect_error(ErrorKind::input, words, [&] { parse(json); });
}

const Json kLlama3 = Json::parse(R"({"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 8192})");

}  // namespace

TEST(ModelConfig, DefaultsAreThoseOfTransformers) {
  const ModelConfig config = parse(llama_json());
  EXPECT_EQ(config.head_dim, 8);
  EXPECT_EQ(config.rope_theta, 10000);
  EXPECT_FALSE(config.tie_word_embeddings || config.qkv_bias || config.o_bias || config.mlp_bias);
  EXPECT_FALSE(config.rope_scaling || config.dtype || config.bos_token_id);
  EXPECT_TRUE(config.eos_token_ids.empty());
}

TEST(ModelConfig, BothSpellingsOfRopeAndDtypeMeanTheSame) {
  Json four = llama_json(), five = llama_json();
  four["rope_theta"] = 500000.0;
  four["rope_scaling"] = kLlama3;
  four["torch_dtype"] = "bfloat16";
  five["rope_parameters"] = kLlama3;
  five["rope_parameters"]["rope_theta"] = 500000.0;
  five["dtype"] = "bfloat16";
  for (const Json& json : {four, five}) {
    const ModelConfig config = parse(json);
    EXPECT_EQ(config.rope_theta, 500000);
    ASSERT_TRUE(config.rope_scaling.has_value());
    EXPECT_EQ(config.rope_scaling->factor, 32);
    EXPECT_EQ(config.dtype, Dtype::bf16);
  }
  five["rope_theta"] = 10000.0;
  expect_error(ErrorKind::input, "contradicts", [&] { parse(five); });
}

TEST(ModelConfig, EosIsANumberOrAList) {
  Json json = llama_json();
  json["eos_token_id"] = 7;
  EXPECT_EQ(parse(json).eos_token_ids, std::vector<int64_t>{7});
  json["eos_token_id"] = {7, 9};
  EXPECT_EQ(parse(json).eos_token_ids, (std::vector<int64_t>{7, 9}));
}

TEST(ModelConfig, BiasesFollowTheFamily) {
  Json json = llama_json();
  json["attention_bias"] = true;
  EXPECT_TRUE(parse(json).qkv_bias && parse(json).o_bias);
  json = llama_json();
  json["architectures"] = {"Qwen2ForCausalLM"};
  EXPECT_TRUE(parse(json).qkv_bias);
  EXPECT_FALSE(parse(json).o_bias);
  EXPECT_EQ(parse(json).family, ModelFamily::qwen2);
}

TEST(ModelConfig, WhatEvergreenCannotRunIsRefusedByName) {
  expect_refused("did you mean 'LlamaForCausalLM'", "architectures",
                 std::vector<std::string>{"LLamaForCausalLM"});
  expect_refused("'MixtralForCausalLM' is not one", "architectures",
                 std::vector<std::string>{"MixtralForCausalLM"});
  expect_refused("RoPE type 'yarn'", "rope_scaling", Json::parse(R"({"type": "yarn", "factor": 4})"));
  expect_refused("RoPE type 'dynamic'", "rope_parameters",
                 Json::parse(R"({"rope_type": "dynamic", "factor": 4})"));
  expect_refused("'factor' is missing", "rope_scaling", Json::parse(R"({"rope_type": "llama3"})"));
  expect_refused("'hidden_act' is \"gelu\"", "hidden_act", "gelu");
  expect_refused("quantised", "quantization_config", Json::parse(R"({"bits": 4})"));
  Json qwen = llama_json();
  qwen["architectures"] = {"Qwen2ForCausalLM"};
  qwen["use_sliding_window"] = true;
  expect_error(ErrorKind::input, "use_sliding_window", [&] { parse(qwen); });
  qwen["use_sliding_window"] = false;
  qwen["layer_types"] = {"full_attention", "sliding_attention"};
  expect_error(ErrorKind::input, "sliding_attention", [&] { parse(qwen); });
}

TEST(ModelConfig, ContradictionsAndWrongTypesAreNamed) {
  expect_refused("3 KV heads do not divide 8", "num_key_value_heads", 3);
  expect_refused("'hidden_size' is not a whole number", "hidden_size", 64.5);
  expect_refused("'num_hidden_layers' is 0", "num_hidden_layers", 0);
  expect_refused("do not divide the hidden size 65", "hidden_size", 65);
  expect_refused("'head_dim' is 7", "head_dim", 7);
  expect_refused("'tie_word_embeddings' is not true or false", "tie_word_embeddings", "yes");
  expect_refused("'dtype' is 'float17'", "dtype", "float17");
  Json json = llama_json();
  json.erase("vocab_size");
  expect_error(ErrorKind::input, "'vocab_size' is missing", [&] { parse(json); });
  expect_error(ErrorKind::input, "neither", [] { parse_model_config("[]", "config.json"); });
}

TEST(ModelConfig, WhatIsMadeIsReadBack) {
  for (const ModelFamily family : {ModelFamily::llama, ModelFamily::qwen2}) {
    ModelConfig config = test::pico_config({.family = family, .tied = true, .chat = true});
    config.rope_scaling = RopeScaling{.factor = 4};
    config.rope_theta = 500000;
    config.eos_token_ids = {2, 5};
    const std::string json = make_config_json(config);
    EXPECT_EQ(make_config_json(parse_model_config(json, "made")), json);
  }
}

TEST(MergeConfig, ArchitectureRopeAndDtypeOfTheNewBaseEndsOfInstruct) {
  const TempDir dir;
  fs::create_directory(dir / "base");
  fs::create_directory(dir / "instruct");
  replace_file(dir / "base/config.json",
               R"({"zeta": [1], "rope_theta": 5e5, "bos_token_id": 1, "eos_token_id": 2,
    "pad_token_id": 9, "torch_dtype": "float32", "architectures": ["Any"]})");
  replace_file(
      dir / "instruct/config.json",
      R"({"rope_theta": 1e4, "bos_token_id": null, "eos_token_id": [2, 3], "torch_dtype": "bfloat16"})");
  const std::string text = merge_config_json(dir / "base", dir / "instruct", std::nullopt);
  const Json merged = Json::parse(text);
  EXPECT_EQ(merged["zeta"], Json::parse("[1]"));
  EXPECT_EQ(merged["rope_theta"], 5e5);
  EXPECT_TRUE(merged["bos_token_id"].is_null());
  EXPECT_EQ(merged["eos_token_id"], Json::parse("[2, 3]"));
  EXPECT_FALSE(merged.contains("pad_token_id"));
  EXPECT_EQ(merged["torch_dtype"], "float32");
  EXPECT_LT(text.find("zeta"), text.find("architectures")) << "the order is that of the new base";
  EXPECT_EQ(Json::parse(merge_config_json(dir / "base", dir / "instruct", Dtype::f16))["torch_dtype"],
            "float16");
  fs::remove(dir / "instruct/config.json");
  expect_error(ErrorKind::input, "no config.json",
               [&] { merge_config_json(dir / "base", dir / "instruct", {}); });
}

}  // namespace evergreen
