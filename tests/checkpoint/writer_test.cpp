#include "evergreen/checkpoint/writer.hpp"

#include <numeric>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/pico_checkpoint.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::pico_checkpoint;
using test::TempDir;

namespace {

std::vector<std::byte> pattern(size_t bytes, int seed = 1) {
  std::vector<std::byte> data(bytes);
  for (size_t i = 0; i < bytes; ++i)
    data[i] = static_cast<std::byte>((i * 7 + static_cast<size_t>(seed) * 31) & 0xff);
  return data;
}

const std::vector<TensorSpec> kPlan = {{"a", Dtype::bf16, {4, 8}},
                                       {"flags", Dtype::boolean, {3}},
                                       {"b", Dtype::f32, {5}},
                                       {"none", Dtype::f32, {0, 4}},
                                       {"scalar", Dtype::f64, {}}};

void write_all(CheckpointWriter& writer) {
  for (const TensorInfo& tensor : writer.tensors()) writer.write(tensor, 0, pattern(tensor.bytes()));
}

size_t entries(const fs::path& directory) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

}  // namespace

TEST(CheckpointWriter, WhatIsWrittenIsReadBackWithNamesShapesAndMetadata) {
  const TempDir dir;
  CheckpointWriter writer(dir / "out", kPlan, {.metadata = {{"format", "pt"}, {"who", "test"}}});
  write_all(writer);
  writer.put_file("config.json", "{}");
  writer.publish();

  const CheckpointReader reader(dir / "out");
  ASSERT_EQ(reader.tensors().size(), kPlan.size());
  for (const TensorSpec& spec : kPlan) {
    const TensorInfo& tensor = reader.get(spec.name);
    EXPECT_EQ(tensor.dtype, spec.dtype);
    EXPECT_EQ(tensor.shape, spec.shape);
    EXPECT_EQ(tensor.begin % static_cast<uint64_t>(dtype_bits(spec.dtype) / 8), 0U)
        << "aligned: " << spec.name;
    EXPECT_EQ(reader.read_all(tensor), pattern(tensor.bytes())) << spec.name;
  }
  EXPECT_EQ(reader.metadata().at("who"), "test");
  EXPECT_EQ(read_text(dir / "out/config.json"), "{}");
  EXPECT_EQ(entries(dir.path()), 1U) << "nothing is left beside";
  EXPECT_EQ(entries(dir / "out"), 2U) << "neither plan nor journal is published";
}

TEST(CheckpointWriter, ShardsGetTheIndexOfTransformers) {
  const TempDir dir;
  WriterOptions options;
  options.max_shard_bytes = 70;
  CheckpointWriter writer(dir / "out", kPlan, options);  // a: 64; flags: 3; b: 20 | scalar: 8
  write_all(writer);
  writer.publish();

  const Json index = read_json(dir / "out/model.safetensors.index.json");
  EXPECT_EQ(index["metadata"]["total_size"], 64 + 3 + 20 + 8);
  EXPECT_EQ(index["weight_map"]["a"], "model-00001-of-00002.safetensors");
  EXPECT_EQ(index["weight_map"]["b"], "model-00002-of-00002.safetensors");
  const CheckpointReader reader(dir / "out");
  EXPECT_EQ(reader.shards().size(), 2U);
  for (const TensorInfo& tensor : reader.tensors())
    EXPECT_EQ(reader.read_all(tensor), pattern(tensor.bytes()));
}

TEST(CheckpointWriter, ATensorLargerThanAShardGetsOneOfItsOwn) {
  const TempDir dir;
  WriterOptions options;
  options.max_shard_bytes = 30;
  CheckpointWriter writer(
      dir / "out", {{"x", Dtype::u8, {10}}, {"big", Dtype::u8, {100}}, {"y", Dtype::u8, {10}}}, options);
  EXPECT_NE(writer.get("x").shard, writer.get("big").shard);
  EXPECT_EQ(writer.get("x").shard, writer.get("y").shard);
  write_all(writer);
  writer.publish();
  EXPECT_EQ(CheckpointReader(dir / "out").shards().size(), 2U);
}

TEST(CheckpointWriter, RangesMayBeWrittenInAnyOrderByAnyThread) {
  const TempDir dir;
  const std::vector<std::byte> data = pattern(2 * 10000);
  CheckpointWriter writer(dir / "out", {{"t", Dtype::bf16, {10000}}}, {.journal_bytes = 64});
  const std::vector<int64_t> order = [] {
    std::vector<int64_t> slices(100);
    std::iota(slices.rbegin(), slices.rend(), 0);
    return slices;
  }();
  parallel_for(100, 4, [&](int64_t i) {
    const uint64_t first = static_cast<uint64_t>(order[static_cast<size_t>(i)]) * 100;
    writer.write(writer.get("t"), first, std::span(data).subspan(first * 2, 200));
  });
  EXPECT_TRUE(writer.is_written(writer.get("t"), 0, 10000));
  writer.publish();
  const CheckpointReader reader(dir / "out");
  EXPECT_EQ(reader.read_all(reader.get("t")), data);
}

TEST(CheckpointWriter, NothingIsPublishedWhileAnElementIsMissing) {
  const TempDir dir;
  CheckpointWriter writer(dir / "out", {{"t", Dtype::bf16, {100}}});
  writer.write(writer.get("t"), 0, pattern(2 * 60));
  writer.write(writer.get("t"), 61, pattern(2 * 39));
  expect_error(ErrorKind::internal, "element 60 of tensor 't'", [&] { writer.publish(); });
  EXPECT_FALSE(fs::exists(dir / "out"));
  writer.write(writer.get("t"), 60, pattern(2));
  writer.publish();
  EXPECT_TRUE(fs::exists(dir / "out"));
}

TEST(CheckpointWriter, WritesOutsideOfATensorAreRefused) {
  const TempDir dir;
  CheckpointWriter writer(dir / "out", kPlan);
  expect_error(ErrorKind::internal, "tensor 'b'", [&] { writer.write(writer.get("b"), 3, pattern(12)); });
  expect_error(ErrorKind::internal, "tensor 'b'", [&] { writer.write(writer.get("b"), 0, pattern(3)); });
  expect_error(ErrorKind::internal, "not planned", [&] { writer.get("c"); });
  expect_error(ErrorKind::internal, "not a name", [&] { writer.put_file("../x", ""); });
  expect_error(ErrorKind::internal, "not a name", [&] { writer.put_file("model.safetensors", ""); });
}

TEST(CheckpointWriter, AnExistingOutputIsRefusedAndLeftAlone) {
  const TempDir dir;
  replace_file(dir / "out", "mine");
  expect_error(ErrorKind::input, "exists already", [&] { CheckpointWriter(dir / "out", kPlan); });
  EXPECT_EQ(read_text(dir / "out"), "mine");
  fs::create_symlink("nowhere", dir / "dangling");
  expect_error(ErrorKind::input, "exists already", [&] { CheckpointWriter(dir / "dangling/", kPlan); });
  expect_error(ErrorKind::input, "no directory", [&] { CheckpointWriter(dir / "no/out", kPlan); });
  EXPECT_EQ(entries(dir.path()), 2U);
}

TEST(CheckpointWriter, APlanLargerThanTheDiskIsRefusedBeforeAnythingIsMade) {
  const TempDir dir;
  expect_error(ErrorKind::resource, "the disk has", [&] {
    CheckpointWriter(dir / "out", {{"t", Dtype::f64, {int64_t{1} << 56}}});
  });
  expect_error(ErrorKind::input, "planned twice", [&] {
    CheckpointWriter(dir / "out", {{"t", Dtype::u8, {1}}, {"t", Dtype::u8, {1}}}, {.max_shard_bytes = 1});
  });
  EXPECT_EQ(entries(dir.path()), 0U);
}

TEST(CheckpointWriter, AForeignPartialDirectoryIsNotTouched) {
  const TempDir dir;
  fs::create_directory(dir / "out.partial");
  replace_file(dir / "out.partial/thesis.tex", "mine");
  expect_error(ErrorKind::input, "was not made by evergreen", [&] { CheckpointWriter(dir / "out", kPlan); });
  EXPECT_EQ(read_text(dir / "out.partial/thesis.tex"), "mine");
}

TEST(CheckpointWriter, TwoWritersOfOneOutputDoNotMeet) {
  const TempDir dir;
  const CheckpointWriter first(dir / "out", kPlan);
  expect_error(ErrorKind::input, "another process is writing", [&] { CheckpointWriter(dir / "out", kPlan); });
}

TEST(CheckpointWriter, AKilledWriterIsContinuedWhereItWas) {
  const TempDir dir;
  const std::vector<TensorSpec> plan = {{"t", Dtype::bf16, {1000}}, {"u", Dtype::f32, {10}}};
  const std::vector<std::byte> data = pattern(2000);
  const pid_t child = ::fork();
  if (child == 0) {
    CheckpointWriter writer(dir / "out", plan, {.journal_bytes = 400});
    for (uint64_t first = 0; first < 500; first += 50) {
      writer.write(writer.get("t"), first, std::span(data).subspan(2 * first, 100));
    }
    ::_exit(0);  // as a kill: no destructor runs, the last 100 elements are not in the journal
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_FALSE(fs::exists(dir / "out"));

  CheckpointWriter writer(dir / "out", plan, {.journal_bytes = 400});
  const TensorInfo& t = writer.get("t");
  EXPECT_TRUE(writer.is_written(t, 0, 400));
  EXPECT_FALSE(writer.is_written(t, 400, 1)) << "what the journal does not know was not written";
  writer.write(t, 400, std::span(data).subspan(800));
  writer.write(writer.get("u"), 0, pattern(40));
  writer.publish();
  const CheckpointReader reader(dir / "out");
  EXPECT_EQ(reader.read_all(reader.get("t")), data);
}

TEST(CheckpointWriter, HalfAJournalLineCountsForNothing) {
  const TempDir dir;
  const std::vector<TensorSpec> plan = {{"t", Dtype::u8, {1000}}};
  {
    CheckpointWriter writer(dir / "out", plan);
    writer.write(writer.get("t"), 0, pattern(10));
  }
  File(dir / "out.partial/.evergreen-journal", File::Mode::append).write("0 10 90");
  CheckpointWriter writer(dir / "out", plan);
  EXPECT_TRUE(writer.is_written(writer.get("t"), 0, 10));
  EXPECT_FALSE(writer.is_written(writer.get("t"), 10, 1));
  writer.write(writer.get("t"), 10, pattern(990));
  writer.publish();
}

TEST(CheckpointWriter, WorkUnderAnotherPlanOrIdIsMadeAnew) {
  const TempDir dir;
  const auto start = [&](std::vector<TensorSpec> plan, const std::string& id) {
    CheckpointWriter writer(dir / "out", std::move(plan), {.plan_id = id});
    const TensorInfo& tensor = writer.tensors().front();
    const bool continued = writer.is_written(tensor, 0, 2);
    writer.write(tensor, 0, pattern(4));
    return continued;
  };
  EXPECT_FALSE(start({{"t", Dtype::bf16, {2}}}, "scale 1"));
  EXPECT_TRUE(start({{"t", Dtype::bf16, {2}}}, "scale 1"));
  EXPECT_FALSE(start({{"t", Dtype::bf16, {2}}}, "scale 0.5"));
  EXPECT_FALSE(start({{"t", Dtype::f16, {2}}}, "scale 0.5"));
}

TEST(CheckpointWriter, OtherProcessesJoinAndOnePublishes) {
  const TempDir dir;
  const std::vector<std::byte> data = pattern(4000);
  CheckpointWriter writer(dir / "out", {{"t", Dtype::f32, {1000}}});
  std::vector<pid_t> children;
  for (uint64_t rank = 1; rank < 4; ++rank) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    CheckpointWriter joined = CheckpointWriter::join(dir / "out");
    joined.write(joined.get("t"), rank * 250, std::span(data).subspan(rank * 1000, 1000));
    joined.flush();
    ::_exit(0);
  }
  writer.write(writer.get("t"), 0, std::span(data).first(1000));
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  writer.publish();
  const CheckpointReader reader(dir / "out");
  EXPECT_EQ(reader.read_all(reader.get("t")), data);
}

TEST(CheckpointWriter, PartsAreWrittenByProcessesOfTheirOwnAndPublishedByAnother) {
  const TempDir dir;
  const std::vector<TensorSpec> plan = {{"t", Dtype::f32, {1000}}};
  const std::vector<std::byte> data = pattern(4000);
  std::vector<pid_t> children;
  for (int part = 0; part < 4; ++part) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    CheckpointWriter writer(dir / "out", plan, {.part = part});
    const auto first = static_cast<uint64_t>(part) * 250;
    writer.write(writer.get("t"), first, std::span(data).subspan(first * 4, 1000));
    writer.note("part " + std::to_string(part));
    writer.flush();
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  CheckpointWriter writer(dir / "out", plan);
  EXPECT_EQ(writer.notes().size(), 4U);
  std::vector<std::byte> back(4000);
  writer.read(writer.get("t"), 0, back);
  EXPECT_EQ(back, data);
  writer.publish();
  EXPECT_EQ(entries(dir / "out"), 1U);
  EXPECT_EQ(CheckpointReader(dir / "out").read_all(CheckpointReader(dir / "out").get("t")), data);
}

TEST(CheckpointWriter, APartExcludesItselfAndWhoWritesAloneExcludesAllParts) {
  const TempDir dir;
  {
    const CheckpointWriter first(dir / "out", kPlan, {.part = 0}), second(dir / "out", kPlan, {.part = 1});
    expect_error(ErrorKind::input, "another process is writing",
                 [&] { CheckpointWriter(dir / "out", kPlan, {.part = 1}); });
    expect_error(ErrorKind::input, "another process is writing",
                 [&] { CheckpointWriter(dir / "out", kPlan); });
    expect_error(ErrorKind::input, "other settings",
                 [&] { CheckpointWriter(dir / "out", kPlan, {.plan_id = "x", .part = 2}); });
  }
  CheckpointWriter alone(dir / "out", kPlan);
}

TEST(CheckpointWriter, AKillWhileFilesAreMadeOrAfterTheRenameLeavesNothingInTheWay) {
  const TempDir dir;
  fs::create_directory(dir / "out.partial");
  { const CheckpointWriter writer(dir / "out", kPlan); }
  fs::remove(dir / "out.partial/.evergreen-plan.json");
  CheckpointWriter writer(dir / "out", kPlan);
  write_all(writer);
  writer.flush();
  const std::string plan = read_text(dir / "out.partial/.evergreen-plan.json");
  writer.publish();
  replace_file(dir / "out/.evergreen-plan.json", plan);
  replace_file(dir / "out/.evergreen-journal", "0 0 4 end\n");
  expect_error(ErrorKind::input, "exists already", [&] { CheckpointWriter(dir / "out", kPlan); });
  EXPECT_EQ(entries(dir / "out"), 1U) << "the files of the writer's own are gone";
}

TEST(CheckpointWriter, ANameMayEndWithASlash) {
  const TempDir dir;
  require_new_output(dir.path().string() + "/out/");
  CheckpointWriter writer(dir.path().string() + "/out/", kPlan);
  EXPECT_TRUE(fs::exists(dir / "out.partial"));
  write_all(writer);
  writer.publish();
  EXPECT_TRUE(fs::exists(dir / "out/model.safetensors"));
}

TEST(CheckpointWriter, DiscardingLeavesNothing) {
  const TempDir dir;
  CheckpointWriter writer(dir / "out", kPlan);
  write_all(writer);
  writer.discard();
  EXPECT_EQ(entries(dir.path()), 0U);
}

TEST(CheckpointWriter, WithoutPermissionNothingIsMade) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TempDir dir;
  fs::create_directory(dir / "closed");
  fs::permissions(dir / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  expect_error(ErrorKind::io, "cannot write in the output's directory",
               [&] { CheckpointWriter(dir / "closed/out", kPlan); });
  fs::permissions(dir / "closed", fs::perms::owner_all);
}

TEST(Provenance, WhatIsWrittenIsReadBackAndIsTheSameEveryTime) {
  const TempDir dir;
  EXPECT_FALSE(read_provenance(dir.path()).has_value());
  const Provenance provenance = {
      "residual graft", {{"base", "b", "xxh3:00"}}, {{"scale", "1"}}, 7, "xxh3:11"};
  EXPECT_EQ(to_json_text(provenance), to_json_text(provenance));
  replace_file(dir / kProvenanceFile, to_json_text(provenance));
  const auto read = read_provenance(dir.path());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(to_json_text(*read), to_json_text(provenance));
  replace_file(dir / kProvenanceFile, "{\"format\": 99}");
  expect_error(ErrorKind::input, "format 99", [&] { (void)read_provenance(dir.path()); });
}

}  // namespace evergreen
