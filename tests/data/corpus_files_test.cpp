#include "evergreen/data/corpus_files.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
class CorpusFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"b.jsonl", "a.jsonl.zst", "sub/c.txt", "sub/deep/d.parquet", "e.ndjson.gz",
                             "README.md", "sub/x.csv", ".hidden.jsonl"}) {
      fs::create_directories((dir_ / name).parent_path());
      replace_file(dir_ / name, std::string("contents of ") + name);
    }
  }
  std::string names(const CorpusInputs& inputs) const {
    std::string all;
    for (const CorpusFile& file : corpus_files(inputs))
      all += fs::relative(file.path, dir_.path()).string() + " ";
    return all;
  }
  std::string at(const std::string& name) const { return (dir_ / name).string(); }
  TempDir dir_;
};
}  // namespace

TEST_F(CorpusFilesTest, ADirectoryIsAllFilesBelowItInOrder) {
  EXPECT_EQ(names({dir_.path().string()}), "a.jsonl.zst b.jsonl e.ndjson.gz sub/c.txt sub/deep/d.parquet ");
  const std::vector<CorpusFile> files = corpus_files({dir_.path().string()});
  EXPECT_EQ(files[0].compression, Compression::zstd);
  EXPECT_EQ(files[2].compression, Compression::gzip);
  EXPECT_EQ(files[3].format, CorpusFormat::text);
  EXPECT_EQ(files[4].format, CorpusFormat::parquet);
  EXPECT_EQ(files[0].bytes, fs::file_size(files[0].path));
}

TEST_F(CorpusFilesTest, SeveralInputsKeepTheirOrderAndNoFileComesTwice) {
  EXPECT_EQ(names({at("sub"), at("*.jsonl*"), at("b.jsonl"), at("sub/../sub/c.txt")}),
            "sub/c.txt sub/deep/d.parquet a.jsonl.zst b.jsonl ");
}

TEST_F(CorpusFilesTest, WhatIsNoCorpusIsTold) {
  expect_error(ErrorKind::input, "does not exist", [&] { corpus_files({at("nowhere")}); });
  expect_error(ErrorKind::input, "ending is none of a corpus", [&] { corpus_files({at("README.md")}); });
  expect_error(ErrorKind::input, "no file of the corpus matches", [&] { corpus_files({at("*.tsv")}); });
  expect_error(ErrorKind::input, "nothing that matches can be read", [&] { corpus_files({at("*.md")}); });
  fs::create_directory(dir_ / "empty");
  expect_error(ErrorKind::input, "holds no file of a corpus", [&] { corpus_files({at("empty")}); });
  expect_error(ErrorKind::usage, "no corpus is given", [] { corpus_files({}); });
}

TEST_F(CorpusFilesTest, FingerprintAndHashSeeAnotherContent) {
  const CorpusInputs inputs = {dir_.path().string()};
  const std::string before = corpus_fingerprint(inputs);
  const Hash128 hash = corpus_hash(inputs);
  EXPECT_EQ(corpus_fingerprint(inputs), before);
  replace_file(dir_ / "b.jsonl", "contents of B.jsonl");
  EXPECT_NE(corpus_fingerprint(inputs), before);
  EXPECT_FALSE(corpus_hash(inputs) == hash);
}

}  // namespace evergreen
