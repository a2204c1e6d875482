#include "evergreen/checkpoint/reader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "evergreen/checkpoint/content_hash.hpp"
#include "evergreen/checkpoint/writer.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/pico_checkpoint.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::pico_checkpoint;
using test::TempDir;

namespace {

void truncate(const fs::path& path, int64_t by) {
  fs::resize_file(path, static_cast<uintmax_t>(static_cast<int64_t>(fs::file_size(path)) - by));
}

void expect_unreadable(const std::string& words, const fs::path& path) {
  expect_error(ErrorKind::input, words, [&] { CheckpointReader reader(path); });
}

}  // namespace

TEST(CheckpointReader, ReadsAnyRangeOfATensor) {
  const TempDir dir;
  const CheckpointReader reader(pico_checkpoint(dir, "m", {.dtype = Dtype::f32}));
  const TensorInfo& tensor = reader.get("model.layers.1.mlp.up_proj.weight");
  const std::vector<std::byte> all = reader.read_all(tensor);
  std::vector<std::byte> part(4 * 11);
  reader.read(tensor, 17, 11, part);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + 17 * 4));
  expect_error(ErrorKind::internal, "cannot read",
               [&] { reader.read(tensor, tensor.elements() - 1, 11, part); });
  expect_error(ErrorKind::internal, "cannot read", [&] { reader.read(tensor, 0, 10, part); });
}

TEST(CheckpointReader, ADirectoryItsFileAndItsIndexAreTheSameCheckpoint) {
  const TempDir dir;
  const fs::path whole = pico_checkpoint(dir, "whole"),
                 sharded = pico_checkpoint(dir, "sharded", {.shards = 3});
  const CheckpointReader reader(sharded);
  EXPECT_GT(reader.shards().size(), 1U);
  EXPECT_EQ(reader.directory(), sharded);
  EXPECT_EQ(CheckpointReader(sharded / "model.safetensors.index.json").directory(), sharded);
  EXPECT_EQ(CheckpointReader(whole / "model.safetensors").tensors().size(), reader.tensors().size());
  EXPECT_EQ(reader.total_bytes(), CheckpointReader(whole).total_bytes());
  EXPECT_EQ(reader.content_hash(), CheckpointReader(whole).content_hash())
      << "the hash does not depend on the shards";
}

TEST(CheckpointReader, AMisspeltTensorGetsTheNearestName) {
  const TempDir dir;
  const CheckpointReader reader(pico_checkpoint(dir, "m"));
  expect_error(ErrorKind::input, "did you mean 'model.norm.weight'?",
               [&] { (void)reader.get("model.norm.wight"); });
  EXPECT_EQ(reader.find("lm_heat"), nullptr);
}

TEST(CheckpointReader, TheContentHashSeesEveryBitTheNamesAndTheShapes) {
  const TempDir dir;
  auto hash = [&, n = 0](const std::string& name, std::vector<int64_t> shape, double value) mutable {
    const fs::path path =
        test::write_checkpoint(dir / std::to_string(n++), {{name, Dtype::bf16, std::move(shape)}},
                               [=](const TensorSpec&, uint64_t i) { return i == 5 ? value : 0; });
    return CheckpointReader(path).content_hash();
  };
  const Hash128 one = hash("a", {2, 3}, 1);
  EXPECT_EQ(one, hash("a", {2, 3}, 1));
  EXPECT_NE(one, hash("a", {2, 3}, 1.0078125));
  EXPECT_NE(one, hash("b", {2, 3}, 1));
  EXPECT_NE(one, hash("a", {3, 2}, 1));
}

TEST(CheckpointReader, ATensorOfSeveralBlocksHasTheTreeHashOfItsBytes) {
  const TempDir dir;
  const auto elements = static_cast<int64_t>(kHashBlockBytes + 1000);
  const CheckpointReader reader(test::write_checkpoint(
      dir / "m", {{"t", Dtype::u8, {elements}}}, [](const TensorSpec&, uint64_t i) { return i % 251; }));
  const std::vector<std::byte> bytes = reader.read_all(reader.get("t"));
  const std::span<const std::byte> all(bytes);
  const Hash128 expected = hash_tree(
      bytes.size(), {hash_bytes(all.first(kHashBlockBytes)), hash_bytes(all.subspan(kHashBlockBytes))});
  EXPECT_EQ(reader.tensor_hash(reader.get("t")), expected);
  EXPECT_EQ(hash_blocks(bytes.size()), 2U);
  ContentHash gathered(reader.tensors());
  gathered.add_block("t", 1, all.subspan(kHashBlockBytes));
  gathered.add_block("t", 0, all.first(kHashBlockBytes));
  EXPECT_EQ(gathered.content(), reader.content_hash(2));
}

TEST(CheckpointReader, CutOffAndForeignFilesAreNamed) {
  const TempDir dir;
  const fs::path model = pico_checkpoint(dir, "m") / "model.safetensors";
  truncate(model, 1);
  expect_unreadable("cut off", model);
  fs::resize_file(model, 100);
  expect_unreadable("the file has 100", model);
  fs::resize_file(model, 7);
  expect_unreadable("at least 8", model);
  replace_file(model, "PK\x03\x04 this is a zip archive, not a safetensors file");
  expect_unreadable("not a safetensors file", model);
}

TEST(CheckpointReader, WhatIsNotACheckpointIsExplained) {
  const TempDir dir;
  expect_unreadable("no such file", dir / "nowhere");
  expect_unreadable("there are no weights", dir.path());
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  expect_unreadable("neither a directory nor a regular file", dir / "pipe");
  replace_file(dir / "pytorch_model.bin", "x");
  expect_unreadable("save_pretrained", dir.path());
  expect_unreadable("pickled", dir / "pytorch_model.bin");
}

TEST(CheckpointReader, AnotherNameIsFoundIfItIsTheOnlyOne) {
  const TempDir dir;
  const fs::path model = pico_checkpoint(dir, "m");
  fs::rename(model / "model.safetensors", model / "weights.safetensors");
  EXPECT_GT(CheckpointReader(model).tensors().size(), 0U);
  fs::copy(model / "weights.safetensors", model / "more.safetensors");
  expect_unreadable("2 safetensors files, but no model.safetensors.index.json", model);
}

TEST(CheckpointReader, AnIndexMustAgreeWithItsShards) {
  const TempDir dir;
  const fs::path model = pico_checkpoint(dir, "m", {.shards = 2});
  const fs::path index = model / "model.safetensors.index.json";
  const std::string text = read_text(index);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const size_t at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    replace_file(index, changed.replace(at, from.size(), to));
  };
  with("\"model.norm.weight\"", "\"model.norm.weigth\"");
  expect_unreadable("tensor 'model.norm.weigth' should be in", model);
  with("    \"model.norm.weight\": \"model-00002-of-00003.safetensors\"",
       "    \"lm_head.weight2\": \"../x\"");
  expect_unreadable("not the name of a file beside the index", model);
  with("00002-of-00003", "00009-of-00003");
  expect_unreadable("there is no such file", model);
  replace_file(index, "{}");
  expect_unreadable("'weight_map' is missing", model);
  replace_file(index, text);
  fs::remove(model / "model-00002-of-00003.safetensors");
  expect_unreadable("there is no such file", model);
  fs::copy(model / "model-00001-of-00003.safetensors", model / "model-00002-of-00003.safetensors");
  expect_unreadable("is in model-00001-of-00003.safetensors and in model-00002-of-00003.safetensors", model);
}

}  // namespace evergreen
