#include "evergreen/model/parameters.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "evergreen/kernels/stacked_linear.hpp"
#include "tests/model/golden.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::test {
namespace {

WriterOptions unsynced() {
  WriterOptions options;
  options.sync = false;
  return options;
}

void write_checkpoint(const fs::path& out, const Parameters& parameters, const ModelConfig& config,
                      Dtype dtype) {
  CheckpointWriter writer(out, tensor_plan(config, dtype), unsynced());
  writer.put_file("config.json", make_config_json(config));
  write_parameters(parameters, writer);
  writer.publish();
}

// A checkpoint of `tensors`, whatever their names.
void write_tensors(const fs::path& out, const std::map<std::string, at::Tensor>& tensors) {
  std::vector<TensorSpec> plan;
  for (const auto& [name, tensor] : tensors) plan.push_back({name, Dtype::f32, tensor.sizes().vec()});
  CheckpointWriter writer(out, plan, unsynced());
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor values = tensor.contiguous();
    writer.write(writer.get(name), 0,
                 {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
  }
  writer.publish();
}

std::map<std::string, at::Tensor> all_tensors(const Parameters& parameters) {
  std::map<std::string, at::Tensor> tensors;
  for (const ParameterInfo& info : parameters.table()) tensors[info.name] = parameters.at(info.name);
  return tensors;
}

// Changes the tensors of the golden's checkpoint, writes them and loads that.
template <class Change>
void load_changed(const std::string& golden_name, Change&& change) {
  const Golden golden(golden_name);
  std::map<std::string, at::Tensor> tensors = all_tensors(golden.parameters());
  change(tensors);
  const TempDir dir;
  write_tensors(dir / "changed", tensors);
  load_parameters(CheckpointReader(dir / "changed"), golden.config, at::kFloat);
}

TEST(ParameterTable, HoldsEveryTensorOfACheckpointAndNoOther) {
  for (const std::string& name : kGoldenModels) {
    const Golden golden(name);
    const CheckpointReader checkpoint(golden.directory);
    const std::vector<ParameterInfo> table = parameter_table(golden.config);
    EXPECT_EQ(table.size(), checkpoint.tensors().size()) << name;
    for (const ParameterInfo& info : table)
      EXPECT_EQ(checkpoint.get(info.name).shape, info.shape) << info.name;
    EXPECT_EQ(static_cast<uint64_t>(parameter_count(golden.config)) * 4, checkpoint.total_bytes());
  }
}

TEST(ParameterTable, KeepsWeightDecayFromNormsAndBiases) {
  for (const ParameterInfo& info : parameter_table(Golden("qwen2_tied").config)) {
    EXPECT_EQ(info.weight_decay, info.shape.size() == 2) << info.name;
  }
}

TEST(Parameters, SavedAndLoadedInFloat32AreTheSameBits) {
  const Golden golden("qwen25_untied");
  const Parameters parameters = golden.parameters();
  const TempDir dir;
  write_checkpoint(dir / "copy", parameters, golden.config, Dtype::f32);
  const ModelConfig config = read_model_config(dir / "copy");
  const Parameters loaded = load_parameters(CheckpointReader(dir / "copy"), config, at::kFloat);
  for (const ParameterInfo& info : parameters.table()) {
    EXPECT_TRUE(at::equal(loaded.at(info.name), parameters.at(info.name))) << info.name;
  }
}

TEST(Parameters, AreRoundedOnceOnWriting) {
  const Golden golden("llama3_tied");
  const TempDir dir;
  Parameters doubles(golden.config, at::kDouble);
  for (const ParameterInfo& info : doubles.table()) {
    doubles.set(info.name, at::full(info.shape, 1 + 0x1p-8 + 0x1p-40, at::kDouble));  // through float32: 1.0
  }
  write_checkpoint(dir / "rounded", doubles, golden.config, Dtype::bf16);
  const Parameters loaded = load_parameters(CheckpointReader(dir / "rounded"), golden.config, at::kFloat);
  EXPECT_EQ(loaded.at("model.norm.weight")[0].item<float>(), 1.0078125F);

  const Parameters floats = golden.parameters();
  write_checkpoint(dir / "bf16", floats, golden.config, Dtype::bf16);
  const Parameters bf16 = load_parameters(CheckpointReader(dir / "bf16"), golden.config, at::kBFloat16);
  for (const ParameterInfo& info : floats.table()) {
    EXPECT_TRUE(at::equal(bf16.at(info.name), floats.at(info.name).to(at::kBFloat16))) << info.name;
  }
}

TEST(Parameters, ProjectionsOfTheSameInputLieTogetherInMemory) {
  for (const std::string& model : kGoldenModels) {
    const Golden golden(model);
    const Parameters parameters = golden.parameters();
    const auto of = [&](const char* name) { return parameters.at(std::string("model.layers.0.") + name); };
    const std::vector<at::Tensor> qkv = {of("self_attn.q_proj.weight"), of("self_attn.k_proj.weight"),
                                         of("self_attn.v_proj.weight")};
    const std::vector<at::Tensor> gate_up = {of("mlp.gate_proj.weight"), of("mlp.up_proj.weight")};
    EXPECT_TRUE(kernels::stacked_rows(qkv).is_alias_of(qkv[0])) << model;
    EXPECT_TRUE(kernels::stacked_rows(gate_up).is_alias_of(gate_up[0])) << model;
    if (!golden.config.qkv_bias) continue;
    const std::vector<at::Tensor> biases = {of("self_attn.q_proj.bias"), of("self_attn.k_proj.bias"),
                                            of("self_attn.v_proj.bias")};
    EXPECT_TRUE(kernels::stacked_rows(biases).is_alias_of(biases[0])) << model;
  }
}

TEST(Parameters, InitialValuesAreAFunctionOfTheSeed) {
  const ModelConfig config = Golden("qwen25_untied").config;
  const Parameters one = init_parameters(config, 1, at::kFloat),
                   again = init_parameters(config, 1, at::kFloat);
  const Parameters two = init_parameters(config, 2, at::kFloat);
  for (const ParameterInfo& info : one.table()) {
    EXPECT_TRUE(at::equal(one.at(info.name), again.at(info.name))) << info.name;
    EXPECT_NE(at::equal(one.at(info.name), two.at(info.name)), info.weight_decay) << info.name;
  }
  const at::Tensor head = one.at("lm_head.weight");  // 2592 values
  EXPECT_FALSE(at::equal(head, one.at("model.embed_tokens.weight")));
  EXPECT_NEAR(head.std().item<double>(), 0.02, 0.001);
  EXPECT_NEAR(head.mean().item<double>(), 0, 0.002);
  EXPECT_EQ(one.at("model.norm.weight").min().item<float>(), 1);
  EXPECT_EQ(one.at("model.layers.0.self_attn.q_proj.bias").abs().max().item<float>(), 0);
}

TEST(LoadParameters, NamesAMissingTensorAndTheNearestName) {
  const auto change = [](auto& tensors) {
    tensors["model.layers.1.mlp.up_projection.weight"] = tensors["model.layers.1.mlp.up_proj.weight"];
    tensors.erase("model.layers.1.mlp.up_proj.weight");
  };
  expect_error(ErrorKind::input, "lacks tensor 'model.layers.1.mlp.up_proj.weight'",
               [&] { load_changed("llama3_tied", change); });
  expect_error(ErrorKind::input, "up_projection", [&] { load_changed("llama3_tied", change); });
}

TEST(LoadParameters, RefusesATensorTheModelHasNoPlaceFor) {
  expect_error(ErrorKind::input, "no place for tensor 'model.layers.0.self_attn.q_norm.weight'", [] {
    load_changed("llama3_tied", [](auto& t) { t["model.layers.0.self_attn.q_norm.weight"] = at::ones({8}); });
  });
}

TEST(LoadParameters, GivesBothShapesOfATensorOfAnotherShape) {
  expect_error(ErrorKind::input, "[16, 32], config.json asks for [32, 32]", [] {
    load_changed("llama3_tied", [](auto& t) {
      t["model.layers.0.self_attn.k_proj.weight"] = at::ones({16, 32});
    });
  });
}

TEST(LoadParameters, NamesTensorAndElementThatAreNotFinite) {
  expect_error(ErrorKind::input, "tensor 'model.layers.1.mlp.down_proj.weight' holds nan at element 57", [] {
    load_changed("llama3_tied", [](auto& t) {
      t["model.layers.1.mlp.down_proj.weight"][1][1] = std::numeric_limits<float>::quiet_NaN();
    });
  });
}

TEST(LoadParameters, DropsWhatTransformersDrops) {
  load_changed("llama3_tied", [](auto& t) {
    t["lm_head.weight"] = t["model.embed_tokens.weight"].clone();
    t["model.layers.0.self_attn.rotary_emb.inv_freq"] = at::ones({4});
  });
  expect_error(ErrorKind::input, "no place for tensor 'lm_head.weight'", [] {
    load_changed("llama3_tied", [](auto& t) { t["lm_head.weight"] = t["model.embed_tokens.weight"] + 1; });
  });
}

}  // namespace
}  // namespace evergreen::test
