#include "evergreen/data/prepare_directory.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/data/inspect_prepared.hpp"
#include "evergreen/text/bpe_trainer.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

using test::expect_error;

class PrepareDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    BpeTrainOptions train;
    train.vocab_size = 300;
    train.special_tokens = {"<s>", "</s>"};
    train.begin_token = "<s>";
    fs::create_directories(dir_ / "model");
    replace_file(
        dir_ / "model/tokenizer.json",
        train_bpe(std::vector<std::string>{"the cat sat on the mat", "the dog sat on the log"}, train));
    TokenizerConfigOptions config;
    config.eos_token = "</s>";
    replace_file(dir_ / "model/tokenizer_config.json", make_tokenizer_config_json(config));
    std::string lines;
    for (int i = 0; i < 40; ++i) lines += "{\"text\":\"the cat sat on mat " + std::to_string(i) + "\"}\n";
    replace_file(dir_ / "c.jsonl", lines);
    options_.tokenizer = dir_ / "model";
    options_.prepare.recipe.inputs = {dir_ / "c.jsonl"};
    options_.prepare.held_out = 0.2;
  }
  test::TempDir dir_;
  PrepareDirectoryOptions options_;
};

}  // namespace

TEST_F(PrepareDirectoryTest, TheDirectoryExplainsItself) {
  const PrepareReport report = prepare_directory(options_, dir_ / "out");
  EXPECT_EQ(report.documents + report.held_out_documents, 40);
  EXPECT_FALSE(fs::exists(dir_ / "out.partial"));
  for (const auto& entry : fs::directory_iterator(dir_ / "out"))
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  const std::optional<Provenance> provenance = read_provenance(dir_ / "out");
  ASSERT_TRUE(provenance);
  EXPECT_EQ(provenance->inputs[0].hash, to_string(corpus_hash(options_.prepare.recipe.inputs)));
  EXPECT_EQ(provenance->settings.at("dedup"), "none");
  ASSERT_TRUE(is_prepared(dir_ / "out"));
  const PreparedInspection found = inspect_prepared(dir_ / "out", {.verify = true, .samples = 2});
  ASSERT_EQ(found.stores.size(), 2U);
  EXPECT_EQ(found.stores[0].documents, report.documents);
  EXPECT_EQ(found.stores[0].lengths.total(), report.tokens);
  ASSERT_EQ(found.stores[0].samples.size(), 2U);
  EXPECT_TRUE(found.stores[0].samples[0].text.starts_with("<s>the cat sat on mat"));
  EXPECT_TRUE(found.stores[0].samples[0].text.ends_with("</s>"));
  EXPECT_NE(inspection_text(found).find("every block matches its hash"), std::string::npos);
  const Json json = parse_json(inspection_json(found), "inspection");
  EXPECT_EQ(json.at("report").at("documents"), report.documents);
  EXPECT_EQ(json.at("stores").at("train").at("verified"), true);
}

TEST_F(PrepareDirectoryTest, DamageIsFoundByVerifying) {
  prepare_directory(options_, dir_ / "out");
  std::string bytes = read_text(dir_ / "out/train/shard-00000.tok");
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  replace_file(dir_ / "out/train/shard-00000.tok", bytes);
  EXPECT_NO_THROW(inspect_prepared(dir_ / "out", {.samples = 0}));
  expect_error(ErrorKind::input, "is damaged",
               [&] { inspect_prepared(dir_ / "out", {.verify = true, .samples = 0}); });
}

TEST_F(PrepareDirectoryTest, WhatIsWrongIsToldBeforeAnythingIsMade) {
  const auto fails = [&](ErrorKind kind, const char* words) {
    expect_error(kind, words, [&] { prepare_directory(options_, dir_ / "out"); });
    EXPECT_FALSE(fs::exists(dir_ / "out.partial"));
  };
  options_.prepare.recipe.inputs = {dir_ / "nowhere"};
  fails(ErrorKind::input, "does not exist");
  options_.prepare.recipe.inputs = {dir_ / "c.jsonl"};
  options_.prepare.recipe.corpus.since = "2024";
  fails(ErrorKind::usage, "--date-field");
  options_.prepare.recipe.corpus.since = "";
  options_.prepare.recipe.cleaning.rules = {"webb"};
  fails(ErrorKind::usage, "did you mean 'web'");
  options_.prepare.recipe.cleaning.rules = {};
  fs::create_directory(dir_ / "out");
  fails(ErrorKind::input, "exists already");
}

TEST_F(PrepareDirectoryTest, UnfinishedWorkGoesOnAndOtherWorkStartsAnew) {
  StopFlag stop;
  stop.request();
  expect_error(ErrorKind::interrupted, "run the same command again",
               [&] { prepare_directory(options_, dir_ / "out", &stop); });
  EXPECT_TRUE(fs::exists(dir_ / "out.partial"));
  EXPECT_FALSE(fs::exists(dir_ / "out"));
  PrepareDirectoryOptions other = options_;
  other.prepare.held_out = 0;
  EXPECT_EQ(prepare_directory(other, dir_ / "out").documents, 40);
  prepare_directory(other, dir_ / "again");
  EXPECT_EQ(read_text(dir_ / "out/report.json"), read_text(dir_ / "again/report.json"));
  EXPECT_EQ(read_text(dir_ / "out/evergreen.json"), read_text(dir_ / "again/evergreen.json"));
}

}  // namespace evergreen
