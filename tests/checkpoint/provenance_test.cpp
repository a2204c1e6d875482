#include "evergreen/checkpoint/provenance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

TEST(Provenance, WhatIsWrittenIsRead) {
  const TempDir dir;
  Provenance written;
  written.command = "evergreen residual graft --out \"u\"";
  written.inputs = {{"base", "models/b", "xxh3:01"}, {"instruct model", "models/i", "xxh3:02"}};
  written.settings = {{"scale", "0.7"}, {"dtype", "BF16"}};
  written.seed = 7;
  written.weights_hash = "xxh3:03";
  written.tensors = {{"lm_head.weight", "xxh3:04"}, {"model.norm.weight", "xxh3:05"}};
  replace_file(dir / kProvenanceFile, to_json_text(written));
  const auto read = read_provenance(dir.path());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->command, written.command);
  ASSERT_EQ(read->inputs.size(), 2U);
  EXPECT_EQ(read->inputs[1].role, "instruct model");
  EXPECT_EQ(read->inputs[1].path, "models/i");
  EXPECT_EQ(read->settings, written.settings);
  EXPECT_EQ(read->seed, 7U);
  EXPECT_EQ(read->weights_hash, "xxh3:03");
  EXPECT_EQ(read->tensors, written.tensors);
  EXPECT_EQ(to_json_text(*read), to_json_text(written));
}

TEST(Provenance, HashesOfTensorsMayBeMissing) {
  const TempDir dir;
  Provenance written;
  written.command = "train";
  replace_file(dir / kProvenanceFile, to_json_text(written));
  EXPECT_THAT(read_text(dir / kProvenanceFile), testing::Not(testing::HasSubstr("tensors")));
  EXPECT_TRUE(read_provenance(dir.path())->tensors.empty());
}

TEST(Provenance, ADirectoryWithoutItHasNone) {
  const TempDir dir;
  EXPECT_FALSE(read_provenance(dir.path()));
}

TEST(Provenance, WhatIsNotOneIsAnError) {
  const TempDir dir;
  replace_file(dir / kProvenanceFile, R"({"format": 2, "command": "x"})");
  expect_error(ErrorKind::input, "has format 2", [&] { (void)read_provenance(dir.path()); });
  replace_file(dir / kProvenanceFile,
               R"({"format": 1, "command": "x", "inputs": [], "settings": {}, "tensors": {"w": 3}})");
  expect_error(ErrorKind::input, "'tensors'", [&] { (void)read_provenance(dir.path()); });
}

}  // namespace evergreen
