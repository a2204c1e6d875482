#include "evergreen/residual/residual.hpp"

#include <atomic>
#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/residual/verify.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/pico_checkpoint.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/trio.hpp"

namespace evergreen {
using test::expect_error;
using test::pico_checkpoint;
using test::PicoOptions;
using test::TempDir;
using test::Trio;

namespace {

const ResidualOptions kQuick = {.sync = false};  // what is tested is not the disk

std::vector<double> values_of(const CheckpointReader& reader, const std::string& name) {
  const TensorInfo& tensor = reader.get(name);
  std::vector<double> values(tensor.elements());
  decode(tensor.dtype, reader.read_all(tensor), values);
  return values;
}

void expect_same_weights(const CheckpointReader& got, const CheckpointReader& expected) {
  ASSERT_EQ(got.tensors().size(), expected.tensors().size());
  for (const TensorInfo& tensor : expected.tensors()) {
    EXPECT_EQ(got.get(tensor.name).dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(got.read_all(got.get(tensor.name)), expected.read_all(tensor)) << tensor.name;
  }
}

size_t entries(const fs::path& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

TEST(Residual, AppliedToItsOwnBaseItGivesTheInstructModelBackBitForBit) {
  for (const ModelFamily family : {ModelFamily::llama, ModelFamily::qwen2}) {
    const Trio trio({.family = family, .shards = 3});
    extract(CheckpointReader(trio.base), CheckpointReader(trio.instruct), trio.dir / "r", kQuick);
    apply(CheckpointReader(trio.base), CheckpointReader(trio.dir / "r"), trio.dir / "updated", kQuick);
    expect_same_weights(CheckpointReader(trio.dir / "updated"), CheckpointReader(trio.instruct));
    graft(CheckpointReader(trio.base), CheckpointReader(trio.base), CheckpointReader(trio.instruct),
          trio.dir / "g", kQuick);
    expect_same_weights(CheckpointReader(trio.dir / "g"), CheckpointReader(trio.instruct));
  }
}

TEST(Residual, GraftIsTheDefinedArithmeticInEveryMixOfDtypes) {
  for (const Dtype old_dtype : {Dtype::bf16, Dtype::f16, Dtype::f32, Dtype::f64}) {
    for (const Dtype new_dtype : {Dtype::bf16, Dtype::f16, Dtype::f32, Dtype::f64}) {
      const Trio trio({.dtype = old_dtype, .num_layers = 1}, {.dtype = new_dtype, .num_layers = 1});
      const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
      graft(new_base, base, instruct, trio.dir / "g", {.scale = 0.7, .sync = false});
      const CheckpointReader result(trio.dir / "g");
      for (const TensorInfo& tensor : new_base.tensors()) {
        const auto c = values_of(new_base, tensor.name), a = values_of(instruct, tensor.name),
                   b = values_of(base, tensor.name);
        std::vector<double> expected(c.size());
        for (size_t i = 0; i < c.size(); ++i) {
          const volatile double d = a[i] - b[i], p = 0.7 * d;
          expected[i] = c[i] + p;
        }
        std::vector<std::byte> bytes(tensor.bytes());
        encode(new_dtype, expected, bytes);
        ASSERT_EQ(result.read_all(result.get(tensor.name)), bytes) << tensor.name;
      }
    }
  }
}

TEST(Residual, ScaleZeroCopiesTheNewBaseBitForBitEvenNegativeZeros) {
  const TempDir dir;
  const std::vector<TensorSpec> tensors = {{"w", Dtype::bf16, {4}}};
  const auto write = [&](const char* name, double value) {
    return test::write_checkpoint(dir / name, tensors,
                                  [=](const TensorSpec&, uint64_t i) { return i == 2 ? value : -0.0; });
  };
  const fs::path base = write("base", 1), instruct = write("instruct", 2), new_base = write("new", 5);
  graft(CheckpointReader(new_base), CheckpointReader(base), CheckpointReader(instruct), dir / "g",
        {.scale = 0, .model_files = false, .sync = false});
  expect_same_weights(CheckpointReader(dir / "g"), CheckpointReader(new_base));
}

TEST(Residual, ScalesMayDifferByTensor) {
  const Trio trio;
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  graft(new_base, base, instruct, trio.dir / "g",
        {.rules = {{{NamePattern("model.norm.*"), 0.0}}, {}, {}}, .sync = false});
  const CheckpointReader result(trio.dir / "g");
  EXPECT_EQ(result.read_all(result.get("model.norm.weight")),
            new_base.read_all(new_base.get("model.norm.weight")));
  EXPECT_NE(result.read_all(result.get("lm_head.weight")), new_base.read_all(new_base.get("lm_head.weight")));
}

TEST(Residual, TheOutputDtypeIsThatOfTheNewBaseUnlessAskedOtherwise) {
  const Trio trio({}, {.dtype = Dtype::f32});
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  graft(new_base, base, instruct, trio.dir / "f32", kQuick);
  EXPECT_EQ(CheckpointReader(trio.dir / "f32").tensors().front().dtype, Dtype::f32);
  graft(new_base, base, instruct, trio.dir / "bf16", {.dtype = Dtype::bf16, .sync = false});
  EXPECT_EQ(CheckpointReader(trio.dir / "bf16").tensors().front().dtype, Dtype::bf16);
  EXPECT_EQ(read_json(trio.dir / "bf16/config.json")["torch_dtype"], "bfloat16");
}

TEST(Residual, TheResultDoesNotDependOnThreadsOrShards) {
  const Trio trio({.shards = 3}, {.shards = 2});
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  const auto one = graft(new_base, base, instruct, trio.dir / "one", {.sync = false, .threads = 1});
  const auto four = graft(new_base, base, instruct, trio.dir / "four",
                          {.max_shard_bytes = 2000, .sync = false, .threads = 4});
  EXPECT_GT(CheckpointReader(trio.dir / "four").shards().size(), 2U);
  EXPECT_EQ(one.weights_hash, four.weights_hash);
  EXPECT_EQ(one.total.residual_norm, four.total.residual_norm);
  EXPECT_EQ(to_string(CheckpointReader(trio.dir / "four").content_hash()), one.weights_hash);
}

TEST(Residual, ATensorLargerThanSeveralBlocksIsHashedAndComputedWhole) {
  const TempDir dir;
  const auto elements =
      static_cast<int64_t>(kHashBlockBytes / 2 + 1200345);  // more than a part of 8 Mi elements
  const auto write = [&](const char* name, Dtype dtype, int step) {
    return test::write_checkpoint(dir / name, {{"w", dtype, {elements}}}, [=](const TensorSpec&, uint64_t i) {
      return static_cast<double>(i * static_cast<uint64_t>(step) % 127);
    });
  };
  const CheckpointReader base(write("b", Dtype::bf16, 1)), instruct(write("i", Dtype::bf16, 3)),
      next(write("n", Dtype::f32, 7));
  const auto report =
      graft(next, base, instruct, dir / "g", {.model_files = false, .sync = false, .threads = 2});
  const CheckpointReader result(dir / "g");
  EXPECT_EQ(report.weights_hash, to_string(result.content_hash()));
  const auto provenance = read_provenance(dir / "g");
  EXPECT_EQ(provenance->inputs.at(0).hash, to_string(next.content_hash()));
  EXPECT_EQ(provenance->inputs.at(1).hash, to_string(base.content_hash()));
  EXPECT_EQ(provenance->inputs.at(2).hash, to_string(instruct.content_hash()));
  const std::vector<double> got = values_of(result, "w");
  for (uint64_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i], static_cast<double>(i * 7 % 127) + static_cast<double>(i * 3 % 127) -
                          static_cast<double>(i % 127));
  }
}

TEST(Residual, OtherDtypesAreCarriedThroughWhereTheyAreTheSame) {
  const TempDir dir;
  const std::vector<TensorSpec> tensors = {
      {"w", Dtype::bf16, {2}}, {"ids", Dtype::i64, {3}}, {"f4", Dtype::f4, {4}}};
  const auto write = [&](const char* name, double weight, double id) {
    return test::write_checkpoint(dir / name, tensors,
                                  [=](const TensorSpec& t, uint64_t) { return t.name == "w" ? weight : id; });
  };
  const CheckpointReader base(write("base", 1, 7)), instruct(write("instruct", 3, 7)),
      new_base(write("new", 5, 9)), other(write("other", 3, 8));
  const auto report = graft(new_base, base, instruct, dir / "g", {.model_files = false, .sync = false});
  EXPECT_EQ(report.carried_tensors, 2U);
  const CheckpointReader result(dir / "g");
  EXPECT_EQ(values_of(result, "w"), (std::vector<double>{7, 7}));
  EXPECT_EQ(result.read_all(result.get("ids")), new_base.read_all(new_base.get("ids")));
  expect_error(ErrorKind::input, "differs between the two models",
               [&] { graft(new_base, base, other, dir / "g2", {.model_files = false, .sync = false}); });
  expect_error(ErrorKind::input, "differs between the two models",
               [&] { extract(base, other, dir / "r2", {.model_files = false, .sync = false}); });
  EXPECT_EQ(entries(dir.path()), 5U) << "nothing is left of a failed run";
  extract(base, instruct, dir / "r", {.model_files = false, .sync = false});
  EXPECT_EQ(CheckpointReader(dir / "r").tensors().size(), 1U);
  apply(new_base, CheckpointReader(dir / "r"), dir / "a", {.model_files = false, .sync = false});
  expect_same_weights(CheckpointReader(dir / "a"), result);
}

TEST(Residual, TiedEmbeddingsMayOrMayNotStoreTheOutputLayer) {
  const TempDir dir;
  const std::vector<TensorSpec> with = {{"model.embed_tokens.weight", Dtype::bf16, {3, 2}},
                                        {"lm_head.weight", Dtype::bf16, {3, 2}}};
  const std::vector<TensorSpec> without = {with[0]};
  const auto write = [&](const char* name, const std::vector<TensorSpec>& tensors, double value,
                         const char* config) {
    return test::write_checkpoint(
        dir / name, tensors, [=](const TensorSpec&, uint64_t) { return value; },
        [=](CheckpointWriter& out) {
          out.put_file("config.json", config);
          out.put_file("tokenizer.json", R"({"model": {"vocab": {}}})");
        });
  };
  const char *tied = R"({"tie_word_embeddings": true})", *untied = R"({"tie_word_embeddings": false})";
  const CheckpointReader base(write("base", without, 1, tied)), instruct(write("instruct", with, 3, tied)),
      new_base(write("new", with, 5, tied)), open(write("open", with, 5, untied));
  graft(new_base, base, instruct, dir / "g", kQuick);
  const CheckpointReader result(dir / "g");
  EXPECT_EQ(values_of(result, "lm_head.weight"), values_of(result, "model.embed_tokens.weight"));
  EXPECT_EQ(values_of(result, "lm_head.weight").front(), 7);
  expect_error(ErrorKind::input, "'tie_word_embeddings' is false in the new base and true in the base",
               [&] { graft(open, base, instruct, dir / "g2", kQuick); });
}

TEST(Residual, TheUpdatedModelHasItsFilesFromTheRightSides) {
  const Trio trio;
  replace_file(trio.new_base / "LICENSE", "terms");
  graft(CheckpointReader(trio.new_base), CheckpointReader(trio.base), CheckpointReader(trio.instruct),
        trio.dir / "g", {.scale = 0.5, .command = "evergreen residual graft --scale 0.5", .sync = false});
  const fs::path g = trio.dir / "g";
  EXPECT_EQ(read_json(g / "tokenizer.json")["made_for"], "instruct");
  EXPECT_TRUE(fs::exists(g / "chat_template.jinja"));
  EXPECT_EQ(read_json(g / "generation_config.json")["eos_token_id"], 3);
  EXPECT_EQ(read_json(g / "config.json")["eos_token_id"], 3);
  EXPECT_EQ(read_text(g / "LICENSE"), "terms");
  const std::string card = read_text(g / "README.md");
  EXPECT_TRUE(card.starts_with("---\n"));
  for (const char* words : {"library_name: transformers", "base_model:", "arXiv 2410.10739", "- scale: 0.5",
                            "evergreen residual graft --scale 0.5", "xxh3:"}) {
    EXPECT_NE(card.find(words), std::string::npos) << words;
  }
  const auto provenance = read_provenance(g);
  EXPECT_EQ(provenance->settings.at("scale"), "0.5");
  EXPECT_EQ(provenance->inputs.at(2).hash, to_string(CheckpointReader(trio.instruct).content_hash()));
  EXPECT_TRUE(verify(g).matches());
  EXPECT_EQ(entries(trio.dir.path()), 4U);
}

TEST(Residual, ExtractMeasuresWhatANarrowerDtypeLoses) {
  const Trio trio;
  const CheckpointReader base(trio.base), instruct(trio.instruct);
  const auto wide = extract(base, instruct, trio.dir / "f32", kQuick);
  EXPECT_EQ(wide.loss->changed, 0U);
  EXPECT_EQ(CheckpointReader(trio.dir / "f32").tensors().front().dtype, Dtype::f32);
  EXPECT_NEAR(wide.total.relative(), std::sqrt(2.0), 0.1) << "two independent draws of the same spread";
  const auto narrow = extract(base, instruct, trio.dir / "bf16", {.dtype = Dtype::bf16, .sync = false});
  EXPECT_GT(narrow.loss->changed, 0U);
  EXPECT_GT(narrow.loss->max_error, narrow.loss->rms_error);
  apply(base, CheckpointReader(trio.dir / "bf16"), trio.dir / "back", kQuick);
  const CheckpointReader back(trio.dir / "back");
  uint64_t changed = 0;
  for (const TensorInfo& tensor : instruct.tensors()) {
    const auto got = values_of(back, tensor.name), expected = values_of(instruct, tensor.name);
    for (size_t i = 0; i < got.size(); ++i) changed += got[i] != expected[i] ? 1 : 0;
  }
  EXPECT_EQ(narrow.loss->changed, changed) << "the report foretells what apply gives";
}

TEST(Residual, AStopLeavesWorkThatTheNextRunContinues) {
  const Trio trio;
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  StopFlag stop;
  ResidualOptions options;
  options.sync = false;
  options.threads = 1;
  options.stop = &stop;
  options.progress = [&, n = 0](const ProgressUpdate&) mutable {
    if (++n == 5) stop.request();
  };
  expect_error(ErrorKind::interrupted, "graft",
               [&] { graft(new_base, base, instruct, trio.dir / "g", options); });
  EXPECT_FALSE(fs::exists(trio.dir / "g"));
  EXPECT_TRUE(fs::exists(trio.dir / "g.partial"));
  const auto continued = graft(new_base, base, instruct, trio.dir / "g", kQuick);
  const auto whole = graft(new_base, base, instruct, trio.dir / "whole", kQuick);
  EXPECT_LT(continued.bytes_written, whole.bytes_written);
  EXPECT_EQ(continued.weights_hash, whole.weights_hash);
  EXPECT_TRUE(verify(trio.dir / "g").matches());
}

TEST(Residual, WorkOfAnotherScaleIsNotContinued) {
  const Trio trio;
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  StopFlag stop;
  ResidualOptions options;
  options.sync = false;
  options.stop = &stop;
  options.threads = 1;
  options.scale = 0.5;
  options.progress = [&, n = 0](const ProgressUpdate&) mutable {
    if (++n == 5) stop.request();
  };
  expect_error(ErrorKind::interrupted, "graft",
               [&] { graft(new_base, base, instruct, trio.dir / "g", options); });
  const auto report = graft(new_base, base, instruct, trio.dir / "g", kQuick);
  EXPECT_EQ(report.weights_hash, graft(new_base, base, instruct, trio.dir / "whole", kQuick).weights_hash);
}

TEST(Residual, ReportGroupsByLayerAndByKind) {
  EXPECT_EQ(layer_of("model.layers.12.mlp.up_proj.weight"), 12U);
  EXPECT_EQ(layer_of("model.embed_tokens.weight"), std::nullopt);
  EXPECT_EQ(kind_of("model.layers.12.self_attn.q_proj.weight"), "self_attn.q_proj");
  EXPECT_EQ(kind_of("model.layers.12.self_attn.q_proj.bias"), "self_attn.q_proj.bias");
  EXPECT_EQ(kind_of("model.layers.3.mlp.experts.17.up_proj.weight"), "mlp.experts.*.up_proj");
  EXPECT_EQ(kind_of("model.embed_tokens.weight"), "embed_tokens");
  EXPECT_EQ(kind_of("lm_head.weight"), "lm_head");

  const Trio trio;
  const ResidualReport report =
      extract(CheckpointReader(trio.base), CheckpointReader(trio.instruct), trio.dir / "r", kQuick);
  EXPECT_EQ(report.layers.size(), 2U);
  double squares = 0, parameters = 0;
  for (const NormGroup& kind : report.kinds) {
    squares += kind.residual_norm * kind.residual_norm;
    parameters += static_cast<double>(kind.parameters);
  }
  EXPECT_NEAR(std::sqrt(squares), report.total.residual_norm, 1e-9);
  EXPECT_EQ(parameters, static_cast<double>(report.parameters));
  const Json json = parse_json(to_json_text(report), "report");
  EXPECT_EQ(json["layers"].size(), 2U);
  EXPECT_EQ(json["each"].size(), CheckpointReader(trio.base).tensors().size());
}

}  // namespace evergreen
