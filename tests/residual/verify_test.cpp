#include "evergreen/residual/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/residual.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/weights.hpp"

namespace evergreen {
using test::expect_error;
using test::flip_byte;
using test::pico_checkpoint;
using test::TempDir;
using testing::HasSubstr;

namespace {

// A stored residual in several files.
struct Extracted {
  TempDir dir;
  fs::path out = dir / "r";
  Extracted() {
    extract(CheckpointReader(pico_checkpoint(dir, "base", {.spread = 0.02})),
            CheckpointReader(pico_checkpoint(dir, "instruct", {.seed = 2, .spread = 0.02, .chat = true})),
            out, {.max_shard_bytes = 8000, .sync = false});
  }
};

void change_provenance(const fs::path& directory, const std::function<void(Provenance&)>& change) {
  Provenance provenance = read_provenance(directory).value();
  change(provenance);
  replace_file(directory / kProvenanceFile, to_json_text(provenance));
}

}  // namespace

TEST(Verify, AnOutputAsItWasWrittenMatches) {
  const Extracted extracted;
  const VerifyReport report = verify(extracted.out);
  EXPECT_TRUE(report.matches());
  EXPECT_TRUE(report.tensors_known);
  EXPECT_TRUE(report.differences.empty());
  EXPECT_EQ(report.provenance.tensors.size(), CheckpointReader(extracted.out).tensors().size());
}

TEST(Verify, EveryOutputHasAHashForEachTensor) {
  const TempDir dir;
  const CheckpointReader base(pico_checkpoint(dir, "base", {.spread = 0.02})),
      instruct(pico_checkpoint(dir, "instruct", {.seed = 2, .spread = 0.02, .chat = true})),
      next(pico_checkpoint(dir, "next", {.seed = 3, .spread = 0.02}));
  extract(base, instruct, dir / "r", {.sync = false});
  apply(next, CheckpointReader(dir / "r"), dir / "a", {.sync = false});
  graft(next, base, instruct, dir / "g", {.sync = false});
  for (const char* name : {"r", "a", "g"}) {
    const CheckpointReader output(dir / name);
    const auto provenance = read_provenance(dir / name);
    ASSERT_EQ(provenance->tensors.size(), output.tensors().size()) << name;
    for (const TensorInfo& tensor : output.tensors()) {
      EXPECT_EQ(provenance->tensors.at(tensor.name), to_string(output.tensor_hash(tensor))) << tensor.name;
    }
  }
}

TEST(Verify, AFlippedByteIsFoundAndItsTensorAndFileAreNamed) {
  const Extracted extracted;
  const CheckpointReader reader(extracted.out);
  ASSERT_GT(reader.shards().size(), 2U);
  const TensorInfo& broken = reader.get("model.layers.1.mlp.up_proj.weight");
  flip_byte(reader.shard_of(broken), broken.begin + 7);
  const VerifyReport report = verify(extracted.out);
  EXPECT_FALSE(report.matches());
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0].tensor, broken.name);
  EXPECT_EQ(report.differences[0].file, reader.shard_of(broken).string());
  EXPECT_EQ(report.differences[0].problem, "its bytes changed");
  EXPECT_EQ(describe_differences(report),
            "1 tensor is not as evergreen wrote it: 'model.layers.1.mlp.up_proj.weight' in " +
                reader.shard_of(broken).filename().string() + " (its bytes changed)");
  const Json json = parse_json(to_json_text(report), "report");
  EXPECT_EQ(json["matches"], false);
  EXPECT_EQ(json["differences"][0]["tensor"], broken.name);
}

TEST(Verify, ManyDifferencesAreCountedAndAFewNamed) {
  const Extracted extracted;
  const CheckpointReader reader(extracted.out);
  for (const TensorInfo& tensor : reader.tensors()) flip_byte(reader.shard_of(tensor), tensor.begin);
  const VerifyReport report = verify(extracted.out);
  EXPECT_EQ(report.differences.size(), reader.tensors().size());
  EXPECT_THAT(describe_differences(report),
              testing::EndsWith(fmt::format(" and {} more", reader.tensors().size() - 5)));
}

TEST(Verify, TensorsThatCameOrWentAreNamed) {
  const Extracted extracted;
  change_provenance(extracted.out, [](Provenance& provenance) {
    provenance.tensors["model.layers.9.w"] = provenance.tensors.at("model.norm.weight");
    provenance.tensors.erase("model.norm.weight");
    provenance.weights_hash = "xxh3:0";
  });
  const VerifyReport report = verify(extracted.out);
  ASSERT_EQ(report.differences.size(), 2U);
  EXPECT_EQ(report.differences[0].tensor, "model.norm.weight");
  EXPECT_EQ(report.differences[0].problem, "it was not there");
  EXPECT_EQ(report.differences[1].tensor, "model.layers.9.w");
  EXPECT_EQ(report.differences[1].problem, "it is missing");
}

TEST(Verify, AnotherDtypeInTheHeaderIsADifferenceEvenIfNoElementChanged) {
  const TempDir dir;
  const CheckpointReader base(pico_checkpoint(dir, "base", {.spread = 0.02})),
      instruct(pico_checkpoint(dir, "instruct", {.seed = 2, .spread = 0.02, .chat = true}));
  extract(base, instruct, dir / "r", {.dtype = Dtype::bf16, .sync = false});
  std::string file = read_text(dir / "r/model.safetensors");
  file.replace(file.find("\"BF16\""), 6, "\"F16\" ");
  replace_file(dir / "r/model.safetensors", file);
  const VerifyReport report = verify(dir / "r");
  EXPECT_FALSE(report.matches());
  EXPECT_TRUE(report.differences.empty());
  EXPECT_THAT(describe_differences(report), HasSubstr("a name, dtype or shape changed"));
}

TEST(Verify, WithoutHashesOfTensorsTheWholeIsCompared) {
  const Extracted extracted;
  change_provenance(extracted.out, [](Provenance& provenance) { provenance.tensors.clear(); });
  EXPECT_TRUE(verify(extracted.out).matches());
  const CheckpointReader reader(extracted.out);
  flip_byte(reader.shards()[0], fs::file_size(reader.shards()[0]) - 1);
  const VerifyReport report = verify(extracted.out);
  EXPECT_FALSE(report.matches());
  EXPECT_THAT(describe_differences(report), HasSubstr("but evergreen.json says " + report.expected));
}

TEST(Verify, WhatEvergreenDidNotWriteIsAnError) {
  const Extracted extracted;
  expect_error(ErrorKind::input, "no evergreen.json", [&] { verify(extracted.dir / "base"); });
  change_provenance(extracted.out, [](Provenance& provenance) { provenance.weights_hash.clear(); });
  expect_error(ErrorKind::input, "holds no hash", [&] { verify(extracted.out); });
}

TEST(Verify, AFileThatIsCutOffIsAnErrorThatNamesIt) {
  const Extracted extracted;
  const fs::path shard = CheckpointReader(extracted.out).shards()[1];
  fs::resize_file(shard, fs::file_size(shard) - 1);
  expect_error(ErrorKind::input, shard.string(), [&] { verify(extracted.out); });
}

}  // namespace evergreen
