#include "evergreen/adapter/adapter_residual.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/adapter/product_stream.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/residual/residual.hpp"
#include "evergreen/residual/verify.hpp"
#include "tests/adapter/low_rank_pair.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;
using test::matrix_of;
using test::multiply;
using test::pico_checkpoint;
using test::TempDir;
using test::values_of;
using test::write_adapter_directory;

namespace {

const ResidualOptions kQuick = {.sync = false};  // what is tested is not the disk
const std::string kPlain = R"({"peft_type": "LORA", "r": 3, "lora_alpha": 3})";
const std::string kUp = "model.layers.0.mlp.up_proj.weight";  // [24, 16] of the pico models
const std::string kEmbedding = "model.embed_tokens.weight";   // [40, 16]

std::string key(const std::string& name) { return "base_model.model." + name; }

std::vector<TensorSpec> up_product(int64_t rank = 3, Dtype dtype = Dtype::f32) {
  return {{key("model.layers.0.mlp.up_proj.lora_A.weight"), dtype, {rank, 16}},
          {key("model.layers.0.mlp.up_proj.lora_B.weight"), dtype, {24, rank}}};
}

struct Scene {
  TempDir dir;
  fs::path new_base = pico_checkpoint(dir, "new_base", {.spread = 0.02});
  double weight = 1;

  fs::path adapter(const std::vector<TensorSpec>& tensors, const std::string& config = kPlain) const {
    fs::remove_all(dir / "adapter");
    return write_adapter_directory(dir / "adapter", config, tensors);
  }
  ResidualReport apply(const ResidualOptions& options = kQuick, const fs::path& base = {}) const {
    fs::remove_all(dir / "updated");
    std::optional<CheckpointReader> reader;
    if (!base.empty()) reader.emplace(base);
    const Adapter adapter(dir / "adapter");
    const CheckpointReader target(new_base);
    const AdapterResidual residual(adapter, target, reader ? &*reader : nullptr);
    return evergreen::apply(target, {{nullptr, weight, &residual}}, dir / "updated", options);
  }
  CheckpointReader updated() const { return CheckpointReader(dir / "updated"); }
  CheckpointReader stored() const { return CheckpointReader(dir / "adapter" / kAdapterWeightsFile); }
};

// new_base + scale * R, one rounding.
std::vector<std::byte> expected(const CheckpointReader& new_base, const std::string& name,
                                const std::vector<double>& r, double scale, Dtype dtype) {
  std::vector<double> sum = values_of(new_base, name);
  for (size_t i = 0; i < sum.size(); ++i) {
    const volatile double p = scale * r[i];
    sum[i] += p;
  }
  std::vector<std::byte> bytes(sum.size() * static_cast<size_t>(dtype_bits(dtype)) / 8);
  encode(dtype, sum, bytes);
  return bytes;
}

void expect_others_untouched(const Scene& scene, const std::set<std::string>& changed) {
  const CheckpointReader before(scene.new_base), after = scene.updated();
  ASSERT_EQ(after.tensors().size(), before.tensors().size());
  for (const TensorInfo& tensor : before.tensors()) {
    if (changed.contains(tensor.name)) continue;
    EXPECT_EQ(after.read_all(after.get(tensor.name)), before.read_all(tensor)) << tensor.name;
  }
}

}  // namespace

TEST(AdapterResidual, IsTheDefinitionInFloat64BitForBit) {
  Scene scene;
  for (const Dtype stored : {Dtype::f32, Dtype::bf16}) {
    for (const Dtype output : {Dtype::bf16, Dtype::f32, Dtype::f64}) {
      scene.adapter(up_product(3, stored), R"({"peft_type": "LORA", "r": 3, "lora_alpha": 7})");
      scene.weight = 0.5;
      const ResidualReport report = scene.apply({.scale = 1.4, .dtype = output, .sync = false});
      Matrix r = multiply(matrix_of(scene.stored(), key("model.layers.0.mlp.up_proj.lora_B.weight")),
                          matrix_of(scene.stored(), key("model.layers.0.mlp.up_proj.lora_A.weight")));
      double squares = 0;
      for (double& value : r.values()) {
        value *= 7.0 / 3;
        squares += 0.7 * value * 0.7 * value;
      }
      const CheckpointReader result = scene.updated();
      EXPECT_EQ(result.read_all(result.get(kUp)),
                expected(CheckpointReader(scene.new_base), kUp, r.values(), 0.7, output));
      EXPECT_NEAR(report.total.residual_norm, std::sqrt(squares), 1e-12);
    }
  }
}

TEST(AdapterResidual, ChangesNothingElseAndSaysWhereItComesFrom) {
  Scene scene;
  scene.adapter(up_product());
  const ResidualReport report = scene.apply({.command = "evergreen residual apply ...", .sync = false});
  expect_others_untouched(scene, {kUp});
  EXPECT_TRUE(verify(scene.dir / "updated").matches());
  EXPECT_TRUE(verify(scene.dir / "updated").tensors_known);
  const auto provenance = read_provenance(scene.dir / "updated");
  ASSERT_EQ(provenance->inputs.size(), 2U);
  EXPECT_EQ(provenance->inputs[0].hash, to_string(CheckpointReader(scene.new_base).content_hash()));
  EXPECT_EQ(provenance->inputs[1].role, "adapter");
  EXPECT_EQ(provenance->inputs[1].hash, to_string(scene.stored().content_hash()));
  EXPECT_EQ(provenance->weights_hash, report.weights_hash);
  EXPECT_EQ(read_text(scene.dir / "updated/tokenizer.json"), test::kTokenizer) << "the adapter's";
  EXPECT_TRUE(fs::exists(scene.dir / "updated/README.md"));
}

TEST(AdapterResidual, TheResultDoesNotDependOnThreads) {
  Scene scene;
  scene.adapter(up_product());
  const std::string one = scene.apply({.sync = false, .threads = 1}).weights_hash;
  EXPECT_EQ(scene.apply({.max_shard_bytes = 3000, .sync = false, .threads = 4}).weights_hash, one);
}

TEST(AdapterResidual, ScaleZeroCopiesTheNewBase) {
  Scene scene;
  scene.adapter(up_product());
  scene.apply({.scale = 0, .sync = false});
  expect_others_untouched(scene, {});
  ResidualOptions options = kQuick;
  options.rules.exclude = {NamePattern("model.layers.*")};
  scene.apply(options);
  expect_others_untouched(scene, {});
  expect_error(ErrorKind::usage, "not a finite number",
               [&] { scene.apply({.scale = std::nan(""), .sync = false}); });
}

TEST(AdapterResidual, RankStabilisedScalingAndTransposedWeightsAreRespected) {
  Scene scene;
  const std::vector<TensorSpec> turned = {
      {key("model.layers.0.mlp.up_proj.lora_A.weight"), Dtype::f32, {4, 24}},
      {key("model.layers.0.mlp.up_proj.lora_B.weight"), Dtype::f32, {16, 4}}};
  scene.adapter(
      turned,
      R"({"peft_type": "LORA", "r": 4, "lora_alpha": 3, "use_rslora": true, "fan_in_fan_out": true})");
  scene.apply();
  const Matrix r = multiply(matrix_of(scene.stored(), key("model.layers.0.mlp.up_proj.lora_B.weight")),
                            matrix_of(scene.stored(), key("model.layers.0.mlp.up_proj.lora_A.weight")));
  std::vector<double> transposed;
  for (int64_t i = 0; i < 24; ++i) {
    for (int64_t j = 0; j < 16; ++j) transposed.push_back(1.5 * r(j, i));  // 3 / sqrt(4)
  }
  const CheckpointReader result = scene.updated();
  EXPECT_EQ(result.read_all(result.get(kUp)),
            expected(CheckpointReader(scene.new_base), kUp, transposed, 1, Dtype::bf16));
}

TEST(AdapterResidual, EmbeddingsHaveFactorsOfTheirOwnAndAFrozenCopy) {
  Scene scene;
  scene.adapter({{key("model.embed_tokens.lora_embedding_A"), Dtype::f32, {3, 40}},
                 {key("model.embed_tokens.lora_embedding_B"), Dtype::f32, {16, 3}},
                 {key("model.embed_tokens.base_layer.weight"), Dtype::f32, {40, 16}}});
  scene.apply();
  const Matrix r = multiply(matrix_of(scene.stored(), key("model.embed_tokens.lora_embedding_B")),
                            matrix_of(scene.stored(), key("model.embed_tokens.lora_embedding_A")));
  std::vector<double> transposed;
  for (int64_t i = 0; i < 40; ++i) {
    for (int64_t j = 0; j < 16; ++j) transposed.push_back(r(j, i));
  }
  const CheckpointReader result = scene.updated();
  EXPECT_EQ(result.read_all(result.get(kEmbedding)),
            expected(CheckpointReader(scene.new_base), kEmbedding, transposed, 1, Dtype::bf16));
  expect_others_untouched(scene, {kEmbedding});
}

TEST(AdapterResidual, AWholeTensorIsAddedAsItsDifferenceFromItsBase) {
  Scene scene;
  const fs::path base = pico_checkpoint(scene.dir, "base", {.seed = 4, .spread = 0.02});
  std::vector<TensorSpec> tensors = up_product();
  tensors.push_back({key("model.norm.weight"), Dtype::bf16, {16}});
  scene.adapter(tensors,
                R"({"peft_type": "LORA", "r": 3, "lora_alpha": 3, "base_model_name_or_path": "org/old"})");
  expect_error(ErrorKind::input, "holds 'model.norm.weight' whole", [&] { scene.apply(); });
  expect_error(ErrorKind::input, "('org/old') as --base", [&] { scene.apply(); });
  EXPECT_FALSE(fs::exists(scene.dir / "updated") || fs::exists(scene.dir / "updated.partial"));
  scene.apply({.scale = 0.5, .sync = false}, base);
  std::vector<double> r = values_of(scene.stored(), key("model.norm.weight"));
  const std::vector<double> old = values_of(CheckpointReader(base), "model.norm.weight");
  for (size_t i = 0; i < r.size(); ++i) r[i] -= old[i];
  const CheckpointReader result = scene.updated();
  EXPECT_EQ(result.read_all(result.get("model.norm.weight")),
            expected(CheckpointReader(scene.new_base), "model.norm.weight", r, 0.5, Dtype::bf16));
  EXPECT_EQ(read_provenance(scene.dir / "updated")->inputs.at(2).role, "base");
}

TEST(AdapterResidual, ATiedOutputLayerIsTheEmbeddingsSecondCopy) {
  Scene scene;
  scene.new_base = pico_checkpoint(scene.dir, "tied", {.tied = true, .spread = 0.02});
  const std::vector<TensorSpec> both = {{key(kEmbedding), Dtype::f32, {40, 16}},
                                        {key("lm_head.weight"), Dtype::f32, {40, 16}}};
  WriterOptions options;
  options.stem = "adapter_model";
  const auto write = [&](bool same) {
    fs::remove_all(scene.dir / "adapter");
    test::write_checkpoint(
        scene.dir / "adapter", both,
        [&](const TensorSpec& tensor, uint64_t i) { return test::eighth(same ? "one" : tensor.name, i); },
        [&](CheckpointWriter& writer) {
          writer.put_file(kAdapterConfigFile, kPlain);
          writer.put_file("tokenizer.json", test::kTokenizer);
        },
        options);
  };
  write(true);
  scene.apply(kQuick, scene.new_base);
  const CheckpointReader result = scene.updated();
  EXPECT_EQ(values_of(result, kEmbedding), values_of(scene.stored(), key(kEmbedding)));
  EXPECT_EQ(result.find("lm_head.weight"), nullptr);
  write(false);
  expect_error(ErrorKind::input, "changes 'lm_head.weight', which the new base does not have",
               [&] { scene.apply(kQuick, scene.new_base); });
}

TEST(AdapterResidual, WhatDoesNotFitIsRefusedBeforeTheFirstByte) {
  Scene scene;
  const auto refused = [&](const std::string& words, const std::vector<TensorSpec>& tensors,
                           const std::string& config = kPlain) {
    scene.adapter(tensors, config);
    expect_error(ErrorKind::input, words, [&] { scene.apply(); });
    EXPECT_FALSE(fs::exists(scene.dir / "updated") || fs::exists(scene.dir / "updated.partial")) << words;
  };
  std::vector<TensorSpec> tensors = up_product();
  tensors[0].name = key("model.layers.0.mlp.upp_proj.lora_A.weight");
  tensors[1].name = key("model.layers.0.mlp.upp_proj.lora_B.weight");
  refused("changes 'model.layers.0.mlp.upp_proj.weight', which the new base does not have", tensors);
  refused("the nearest name there is '" + kUp + "'", tensors);
  tensors = up_product();
  tensors.pop_back();
  refused("'model.layers.0.mlp.up_proj' has no lora_B", tensors);
  tensors = up_product();
  tensors[1].shape = {24, 4};
  refused("has factors that do not fit: lora_A [3, 16] and lora_B [24, 4]", tensors);
  tensors = up_product();
  tensors[1].shape = {25, 3};
  refused("is [25, 16] in the adapter and [24, 16] in the new base", tensors);
  refused("have the rank 2, but the configuration says 3", up_product(2));
  tensors = up_product();
  tensors.push_back({key("model.layers.0.mlp.up_proj.lora_magnitude_vector"), Dtype::f32, {24}});
  refused("is no part of plain LoRA", tensors);
  tensors = up_product(3, Dtype::f32);
  tensors[0].dtype = Dtype::i8;
  refused("is I8", tensors);
  refused("'use_dora'", up_product(), R"({"peft_type": "LORA", "r": 3, "lora_alpha": 3, "use_dora": true})");
  scene.adapter(up_product());
  fs::remove(scene.dir / "adapter/tokenizer.json");
  expect_error(ErrorKind::input, "the adapter has no tokenizer", [&] { scene.apply(); });
  expect_error(ErrorKind::input, "pass the instruct model as --files-from", [&] { scene.apply(); });
  fs::rename(scene.dir / "adapter" / kAdapterWeightsFile, scene.dir / "adapter/adapter_model.bin");
  expect_error(ErrorKind::input, "has no adapter_model.safetensors", [&] { scene.apply(); });
}

TEST(AdapterResidual, ValuesThatAreNotFiniteOrTooLargeLeaveNothing) {
  Scene scene;
  WriterOptions options;
  options.stem = "adapter_model";
  const auto write = [&](double value) {
    fs::remove_all(scene.dir / "adapter");
    test::write_checkpoint(
        scene.dir / "adapter", up_product(),
        [&](const TensorSpec&, uint64_t i) { return i == 5 ? value : 1; },
        [&](CheckpointWriter& writer) { writer.put_file(kAdapterConfigFile, kPlain); }, options);
  };
  const ResidualOptions weights = {.dtype = Dtype::f16, .model_files = false, .sync = false};
  write(std::nan(""));
  expect_error(ErrorKind::input,
               "of tensor 'base_model.model.model.layers.0.mlp.up_proj.lora_B.weight' is NaN",
               [&] { scene.apply(weights); });
  write(1e30);
  expect_error(ErrorKind::input, "too large for F16", [&] { scene.apply(weights); });
  EXPECT_FALSE(fs::exists(scene.dir / "updated") || fs::exists(scene.dir / "updated.partial"));
}

TEST(AdapterResidual, PartsOfSeveralProcessesGiveTheSameBytes) {
  Scene scene;
  scene.adapter(up_product());
  const std::string whole = scene.apply().weights_hash;
  const CheckpointReader target(scene.new_base);
  const Adapter adapter(scene.dir / "adapter");
  const AdapterResidual residual(adapter, target);
  ResidualOptions options = kQuick;
  for (const int index : {1, 0}) {
    options.part = PartOf{index, 2};
    apply(target, {{nullptr, 1, &residual}}, scene.dir / "parts", options);
    EXPECT_FALSE(fs::exists(scene.dir / "parts"));
  }
  options.part.reset();
  options.finish = true;
  const ResidualReport finished = apply(target, {{nullptr, 1, &residual}}, scene.dir / "parts", options);
  EXPECT_EQ(finished.weights_hash, whole);
  EXPECT_EQ(finished.bytes_written, 0U);
}

// What an adapter adds, stored as a residual of its own.
fs::path stored_residual(const Scene& scene) {
  const CheckpointReader adapter = scene.stored();
  const Matrix r = multiply(matrix_of(adapter, key("model.layers.0.mlp.up_proj.lora_B.weight")),
                            matrix_of(adapter, key("model.layers.0.mlp.up_proj.lora_A.weight")));
  std::vector<TensorSpec> tensors;
  const CheckpointReader target(scene.new_base);
  for (const TensorInfo& tensor : target.tensors())
    tensors.push_back({tensor.name, Dtype::f64, tensor.shape});
  WriterOptions options;
  options.metadata[kResidualMetadataKey] = kResidualMetadataValue;
  return test::write_checkpoint(
      scene.dir / "stored", tensors,
      [&](const TensorSpec& tensor, uint64_t i) { return tensor.name == kUp ? r.values()[i] : 0; }, {},
      options);
}

TEST(AdapterResidual, InASumOrAMergeItIsWorthWhatTheSameResidualStoredIs) {
  Scene scene;
  scene.adapter(up_product());
  const CheckpointReader target(scene.new_base), stored(stored_residual(scene));
  const Adapter adapter(scene.dir / "adapter");
  const AdapterResidual computed(adapter, target);
  ResidualOptions options = kQuick;
  options.model_files = false;
  for (const MergeMethod method : {MergeMethod::sum, MergeMethod::ties, MergeMethod::dare}) {
    options.merge = {.method = method, .density = 0.4};
    const auto weights = [&](const std::string& out, const WeightedResidual& first,
                             const WeightedResidual& second) {
      return apply(target, {first, second}, scene.dir / (out + merge_method_name(method)), options)
          .weights_hash;
    };
    const WeightedResidual a{nullptr, 0.75, &computed}, s{&stored, 0.75}, other{&stored, -0.5};
    EXPECT_EQ(weights("a", a, other), weights("s", s, other)) << merge_method_name(method);
  }
  const auto provenance = read_provenance(scene.dir / "asum");
  ASSERT_EQ(provenance->inputs.size(), 3U);
  EXPECT_EQ(provenance->inputs[1].role, "adapter 1");
  EXPECT_EQ(provenance->inputs[1].path, (scene.dir / "adapter").string());
  EXPECT_EQ(provenance->inputs[2].role, "residual 2");
}

TEST(AdapterResidual, ATokenizerWhoseTokensStandAtOtherRowsIsRefused) {
  Scene scene;
  scene.adapter(up_product());
  replace_file(scene.dir / "adapter/tokenizer.json",
               R"({"model": {"type": "BPE", "vocab": {"t0": 0, "t1": 1, "t2": 3, "t3": 2}}})");
  expect_error(ErrorKind::input,
               "the token 't3' is row 3 of the new base, but row 2 by the tokenizer of the adapter",
               [&] { scene.apply(); });
  EXPECT_FALSE(fs::exists(scene.dir / "updated.partial"));
  ResidualOptions options = kQuick;
  options.added_tokens = AddedTokens::keep;
  expect_error(ErrorKind::usage, "has no rows for added tokens", [&] { scene.apply(options); });
}

TEST(ProductStream, GivesTheSameElementsInSlicesOfAnySizeFromAnywhere) {
  RandomStream random(3, "product");
  Factors factors{Matrix(40, 3), Matrix(3, 7), 0.7};
  for (Matrix* matrix : {&factors.left, &factors.right})
    for (double& value : matrix->values()) value = random.normal();
  Matrix all = multiply(factors.left, factors.right);
  for (double& value : all.values()) value *= 0.7;
  for (const uint64_t step : {1, 6, 7, 100, 280}) {
    for (const uint64_t start : {0, 3, 77}) {
      ProductStream stream(factors, start);
      for (uint64_t first = start; first < 280; first += step) {
        const uint64_t count = std::min<uint64_t>(step, 280 - first);
        const std::span<const double> some = stream.read(count);
        ASSERT_EQ(some.size(), count);
        EXPECT_TRUE(std::equal(some.begin(), some.end(), all.values().begin() + static_cast<int64_t>(first)));
      }
    }
  }
}

TEST(AdapterResidual, AStopLeavesWorkThatTheNextRunContinues) {
  Scene scene;
  scene.adapter(up_product());
  const std::string whole = scene.apply().weights_hash;
  StopFlag stop;
  ResidualOptions options = kQuick;
  options.threads = 1;
  options.stop = &stop;
  options.progress = [&, n = 0](const ProgressUpdate&) mutable {
    if (++n == 4) stop.request();
  };
  expect_error(ErrorKind::interrupted, "apply", [&] { scene.apply(options); });
  EXPECT_TRUE(fs::exists(scene.dir / "updated.partial"));
  const std::string config = read_text(scene.dir / "adapter" / kAdapterConfigFile);
  replace_file(scene.dir / "adapter" / kAdapterConfigFile, config + " ");
  options.stop = nullptr;
  options.progress = {};
  EXPECT_EQ(scene.apply(options).continued_parameters, 0U) << "its configuration is an input too";
  fs::remove_all(scene.dir / "updated");
  StopFlag again;
  options.stop = &again;
  options.progress = [&, n = 0](const ProgressUpdate&) mutable {
    if (++n == 4) again.request();
  };
  expect_error(ErrorKind::interrupted, "apply", [&] { scene.apply(options); });
  const ResidualReport continued = scene.apply();
  EXPECT_EQ(continued.weights_hash, whole);
  EXPECT_GT(continued.continued_parameters, 0U);
  EXPECT_TRUE(verify(scene.dir / "updated").matches());
}

}  // namespace evergreen
