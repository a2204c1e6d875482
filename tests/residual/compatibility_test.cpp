#include "evergreen/residual/compatibility.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <unistd.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/residual.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/pico_checkpoint.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::pico_checkpoint;
using test::PicoOptions;
using test::TempDir;

namespace {

const ResidualOptions kQuick = {.sync = false};  // what is tested is not the disk

void expect_incompatible(const std::string& words, const fs::path& base, const fs::path& instruct) {
  const CheckpointReader left(base), right(instruct);
  expect_error(ErrorKind::input, words, [&] {
    require_compatible({"base", &left}, {"instruct model", &right});
  });
}

std::vector<std::string> notes(const fs::path& base, const fs::path& instruct) {
  const CheckpointReader left(base), right(instruct);
  return require_compatible({"base", &left}, {"instruct model", &right});
}

void edit_config(const fs::path& model, const std::string& member, const Json& value) {
  Json config = read_json(model / "config.json");
  config[member] = value;
  replace_file(model / "config.json", config.dump());
}

size_t entries(const fs::path& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

TEST(Compatibility, EqualShapesFit) {
  const TempDir dir;
  EXPECT_TRUE(notes(pico_checkpoint(dir, "a"), pico_checkpoint(dir, "b", {.seed = 2, .shards = 3})).empty());
}

TEST(Compatibility, OtherShapesAreNamedOnBothSides) {
  const TempDir dir;
  const fs::path a = pico_checkpoint(dir, "a"), b = pico_checkpoint(dir, "b", {.vocab_size = 48});
  expect_incompatible(
      "tensor 'model.embed_tokens.weight' is [40, 16] in the base and [48, 16] in the instruct model", a, b);
  expect_incompatible("(and 2 more differences)", a, b);  // lm_head and vocab_size
  expect_incompatible("a/model.safetensors and " + b.string() + "/model.safetensors", a, b);
}

TEST(Compatibility, AnotherArchitectureIsTheFirstThingSaid) {
  const TempDir dir;
  expect_incompatible(
      "'architectures' is [\"LlamaForCausalLM\"] in the base and [\"Qwen2ForCausalLM\"] in the instruct "
      "model",
      pico_checkpoint(dir, "a"), pico_checkpoint(dir, "b", {.family = ModelFamily::qwen2}));
}

TEST(Compatibility, MissingTensorsGetTheNearestName) {
  const TempDir dir;
  const auto write = [&](const char* name, const char* tensor) {
    return test::write_checkpoint(dir / name, {{tensor, Dtype::f32, {2}}},
                                  [](const TensorSpec&, uint64_t) { return 0; });
  };
  const fs::path a = write("a", "model.norm.weight"), b = write("b", "model.norms.weight");
  expect_incompatible("tensor 'model.norm.weight' of the base is not in the instruct model", a, b);
  expect_incompatible("the nearest name there is 'model.norms.weight'", a, b);
  expect_incompatible("(and 1 more difference)", a, b);
  const TempDir more;
  expect_incompatible(
      "tensor 'model.layers.2.input_layernorm.weight' of the instruct model is not in the base",
      pico_checkpoint(more, "a"), pico_checkpoint(more, "b", {.num_layers = 3}));
}

TEST(Compatibility, TiedAndUntiedDoNotFit) {
  const TempDir dir;
  expect_incompatible("'tie_word_embeddings' is true in the base and false in the instruct model",
                      pico_checkpoint(dir, "a", {.tied = true}), pico_checkpoint(dir, "b"));
}

TEST(Compatibility, QuantisedAndPlainDoNotFit) {
  const TempDir dir;
  const auto write = [&](const char* name, Dtype dtype) {
    return test::write_checkpoint(dir / name, {{"w", dtype, {2}}},
                                  [](const TensorSpec&, uint64_t) { return 0; });
  };
  expect_incompatible("tensor 'w' is BF16 in the base and F8_E4M3 in the instruct model",
                      write("a", Dtype::bf16), write("b", Dtype::f8_e4m3));
}

TEST(Compatibility, SizesInTheConfigMustAgreeAndRopeMayDiffer) {
  const TempDir dir;
  const fs::path a = pico_checkpoint(dir, "a"), b = pico_checkpoint(dir, "b");
  edit_config(b, "rope_theta", 500000.0);
  edit_config(b, "max_position_embeddings", 4096);
  const std::vector<std::string> found = notes(a, b);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[2], "two versions of one architecture: 'a' is the base, 'b' the instruct model");
  EXPECT_NE(found[0].find("'rope_theta' is 10000.0 in the base and 500000.0 in the instruct model"),
            std::string::npos)
      << found[0];
  edit_config(b, "num_attention_heads", 2);
  expect_incompatible("'num_attention_heads' is 4 in the base and 2 in the instruct model", a, b);
  edit_config(b, "num_attention_heads", nullptr);
  EXPECT_EQ(notes(a, b).size(), 3U) << "a missing member has its default, which is not compared";
}

TEST(Compatibility, AConfigWithoutArchitectureIsNoted) {
  const TempDir dir;
  const fs::path a = pico_checkpoint(dir, "a"), b = pico_checkpoint(dir, "b");
  edit_config(b, "model_type", nullptr);
  EXPECT_EQ(notes(a, b), std::vector<std::string>{
                             "config.json of the instruct model has no 'model_type', that of the base has"});
}

TEST(Compatibility, OtherDtypesAreNoted) {
  const TempDir dir;
  const auto found = notes(pico_checkpoint(dir, "a"), pico_checkpoint(dir, "b", {.dtype = Dtype::f32}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("tensors have another dtype"), std::string::npos);
}

TEST(Compatibility, APairTheOtherWayRoundIsRefused) {
  const TempDir dir;
  expect_incompatible("they look swapped", pico_checkpoint(dir, "a", {.chat = true}),
                      pico_checkpoint(dir, "b"));
}

TEST(Refusals, ACheckpointWithoutTensorsIsNoModel) {
  const TempDir dir;
  replace_file(dir / "none.safetensors", std::string("\x08\0\0\0\0\0\0\0", 8) + "{}      ");
  const CheckpointReader none(dir / "none.safetensors");
  expect_error(ErrorKind::input, "the base has no tensors", [&] { extract(none, none, dir / "r", kQuick); });
}

TEST(Refusals, AResidualIsNotAModelAndAModelNotAResidual) {
  const TempDir dir;
  const CheckpointReader base(pico_checkpoint(dir, "b")),
      instruct(pico_checkpoint(dir, "i", {.seed = 2, .chat = true}));
  extract(base, instruct, dir / "r", kQuick);
  const CheckpointReader residual(dir / "r");
  expect_error(ErrorKind::input, "where the base is needed",
               [&] { extract(residual, instruct, dir / "x", kQuick); });
  expect_error(ErrorKind::input, "where the instruct model is needed",
               [&] { graft(base, base, residual, dir / "x", kQuick); });
  expect_error(ErrorKind::input, "not a residual", [&] { apply(base, instruct, dir / "x", kQuick); });
  EXPECT_EQ(entries(dir.path()), 3U);
}

TEST(Refusals, NothingIsLeftBehindWhenAWeightIsNotFinite) {
  const TempDir dir;
  const PicoOptions options;
  const fs::path base = pico_checkpoint(dir, "b"),
                 instruct = pico_checkpoint(dir, "i", {.seed = 2, .chat = true});
  const std::string name = "model.layers.1.mlp.up_proj.weight";
  {
    const TensorInfo tensor = CheckpointReader(instruct).get(name);
    File file(instruct / "model.safetensors", File::Mode::read_write);
    const std::vector<std::byte> nan = {std::byte{0xc0}, std::byte{0x7f}};
    file.write_at(tensor.begin + 2 * (3 * 16 + 5), nan);
  }
  const CheckpointReader a(base), b(instruct);
  const std::string words = "element [3, 5] of tensor '" + name + "' is NaN";
  expect_error(ErrorKind::input, words, [&] { extract(a, b, dir / "x", kQuick); });
  expect_error(ErrorKind::input, words, [&] { graft(a, a, b, dir / "x", kQuick); });
  expect_error(ErrorKind::input, "i/model.safetensors", [&] { graft(a, a, b, dir / "x", kQuick); });
  EXPECT_EQ(entries(dir.path()), 2U);
}

TEST(Refusals, AValueTooLargeForTheOutputIsNamedAndLeavesNothing) {
  const TempDir dir;
  const auto write = [&](const char* name, double value) {
    return test::write_checkpoint(dir / name, {{"w", Dtype::bf16, {2, 2}}},
                                  [=](const TensorSpec&, uint64_t i) { return i == 3 ? value : 0; });
  };
  const CheckpointReader base(write("b", -60000)), instruct(write("i", 60000));
  expect_error(
      ErrorKind::input, "element [1, 1] of tensor 'w' would be 119808, which is too large for F16", [&] {
        extract(base, instruct, dir / "x", {.dtype = Dtype::f16, .model_files = false, .sync = false});
      });
  EXPECT_EQ(entries(dir.path()), 2U);
}

TEST(Refusals, WhatIsKnownBeforeIsSaidBeforeTheFirstByte) {
  const TempDir dir;
  const fs::path base = pico_checkpoint(dir, "b"),
                 instruct = pico_checkpoint(dir, "i", {.seed = 2, .chat = true});
  const CheckpointReader a(base), b(instruct);
  expect_error(ErrorKind::input, "exists already", [&] { graft(a, a, b, base, kQuick); });
  expect_error(ErrorKind::input, "no directory", [&] { graft(a, a, b, dir / "no/x", kQuick); });
  expect_error(ErrorKind::usage, "not a finite number",
               [&] { graft(a, a, b, dir / "x", {.scale = std::nan(""), .sync = false}); });
  expect_error(ErrorKind::usage, "not a finite number", [&] {
    graft(a, a, b, dir / "x", {.rules = {{{NamePattern("*"), INFINITY}}, {}, {}}, .sync = false});
  });
  expect_error(ErrorKind::usage, "matches no tensor", [&] {
    graft(a, a, b, dir / "x", {.rules = {{}, {NamePattern("mlp")}, {}}, .sync = false});
  });
  expect_error(ErrorKind::usage, "not a dtype for weights",
               [&] { extract(a, b, dir / "x", {.dtype = Dtype::i8, .sync = false}); });
  fs::remove(instruct / "tokenizer.json");
  expect_error(ErrorKind::input, "the instruct model has no tokenizer",
               [&] { graft(a, a, b, dir / "x", kQuick); });
  fs::remove(instruct / "config.json");
  expect_error(ErrorKind::input, "the instruct model has no config.json",
               [&] { graft(a, a, b, dir / "x", kQuick); });
  EXPECT_EQ(entries(dir.path()), 2U);
  graft(a, a, b, dir / "x", {.model_files = false, .sync = false});
  EXPECT_FALSE(fs::exists(dir / "x/config.json"));
}

TEST(Refusals, AFileThatShrinksWhileItIsReadIsAnError) {
  const TempDir dir;
  const fs::path base = pico_checkpoint(dir, "b"),
                 instruct = pico_checkpoint(dir, "i", {.seed = 2, .chat = true});
  const CheckpointReader a(base), b(instruct);
  fs::resize_file(instruct / "model.safetensors", fs::file_size(instruct / "model.safetensors") - 1);
  expect_error(ErrorKind::input, "the file ends", [&] { graft(a, a, b, dir / "x", kQuick); });
  EXPECT_EQ(entries(dir.path()), 2U);
}

}  // namespace evergreen
