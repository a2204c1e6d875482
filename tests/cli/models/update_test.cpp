// `evergreen update` as a pipeline calls it: what it requires, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/cli/program.hpp"
#include "tests/pipeline/tiny_pair.hpp"

namespace evergreen {
namespace {

using test::Outcome;
using test::run_program;
using testing::HasSubstr;

class UpdateCommand : public testing::Test {
 protected:
  void SetUp() override {
    test::make_tiny_pair(dir_.path());
    replace_file(dir_ / "news.jsonl", test::tiny_corpus(1, 60));
  }
  Outcome update(const std::string& more) const {
    const std::string d = dir_.path().string();
    return run_program("update --base " + d + "/base --instruct " + d + "/instruct --corpus " + d +
                       "/news.jsonl --out " + d +
                       "/u --held-out 0.1 --sequence-length 32 --batch-rows 4 --steps 2 "
                       "--threads 1 --quiet " +
                       more);
  }
  test::TempDir dir_;
};

}  // namespace

TEST_F(UpdateCommand, AMissedRequirementEndsWithSixAndTheModelIsThere) {
  const Outcome outcome =
      update("--json --require 'perplexity:new<=0.5*instruct' --require 'perplexity:new/bits_per_byte<100'");
  EXPECT_EQ(outcome.exit_code, 6) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("missed: perplexity:new<=0.5*instruct"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("bits_per_byte")));
  const Json report = parse_json(outcome.out, "stdout");  // one object, the report
  EXPECT_FALSE(report.at("requirements")[0].at("met").get<bool>());
  EXPECT_TRUE(report.at("requirements")[1].at("met").get<bool>());
  EXPECT_TRUE(fs::exists(dir_ / "u/model.safetensors"));
}

TEST_F(UpdateCommand, TheLevelOfRecomputingIsAnOptionWithAndWithoutAValueAndAKeyOfSettingsFiles) {
  const auto memory = [&](const std::string& more) {
    const Outcome outcome = update("--dry-run --json " + more);
    EXPECT_EQ(outcome.exit_code, 0) << more << ": " << outcome.err;
    return parse_json(outcome.out, "stdout").at("memory_bytes").get<int64_t>();
  };
  const auto by_file = [&](const std::string& value) {
    replace_file(dir_ / "u.toml", "recompute = " + value + "\n");
    return memory("--config " + (dir_ / "u.toml").string());
  };
  const int64_t none = memory(""), selective = memory("--recompute selective"),
                full = memory("--recompute full");
  EXPECT_GT(none, selective);
  EXPECT_GT(selective, full);
  EXPECT_EQ(memory("--recompute=none"), none);
  EXPECT_EQ(memory("--recompute"), full) << "the flag of before there were levels";
  EXPECT_EQ(memory("--recompute --seed 3"), full);
  EXPECT_EQ(by_file("\"selective\""), selective);
  EXPECT_EQ(by_file("true"), full);
  EXPECT_EQ(by_file("false"), none);
  const Outcome unknown = update("--recompute most");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("'most' is not a level of recomputing"));
  EXPECT_FALSE(fs::exists(dir_ / "u"));
}

TEST_F(UpdateCommand, WhatTheMemoryCannotHoldIsToldBeforeAnythingIsWritten) {
  const std::string d = dir_.path().string();
  const Outcome outcome =
      run_program("update --base " + d + "/base --instruct " + d + "/instruct --corpus " + d +
                  "/news.jsonl --out " + d + "/u --sequence-length 32 --batch-rows 4000000000 --threads 1");
  EXPECT_EQ(outcome.exit_code, 5) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("for activations of"));
  EXPECT_THAT(outcome.err, HasSubstr("--micro-rows 1 takes about"));
  EXPECT_FALSE(fs::exists(dir_ / "u.work"));
}

TEST_F(UpdateCommand, TasksByNameAreAskedBeforeAndAfter) {
  fs::create_directories(dir_ / "data" / "BoolQ");
  replace_file(dir_ / "data" / "BoolQ" / "val.jsonl",
               "{\"question\": \"is it rain\", \"passage\": \"rain .\", \"answer\": true}\n");
  const Outcome outcome = update("--json --tasks boolq --data " + (dir_ / "data").string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("boolq"));
  const Outcome nowhere = update("--tasks boolq");
  EXPECT_NE(nowhere.exit_code, 0) << "the folder is not told";
}

TEST_F(UpdateCommand, RequirementsThatAreMetEndWithZeroAndTheReportIsNamed) {
  const Outcome outcome = update("--require 'perplexity:new<=2*instruct'");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("u/report.html"));
  EXPECT_THAT(outcome.out, HasSubstr("required perplexity:new<=2*instruct"));
}

TEST_F(UpdateCommand, AWrongRuleAndAMisspeltScoreAreUsageErrorsBeforeAnythingIsWritten) {
  Outcome outcome = update("--require 'perplexity:new=5'");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("has none of >= <= > <"));
  outcome = update("--require 'perplexty:new<=5'");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'perplexity:new'?"));
  outcome = update("--require 'perplexity:new<=instrct'");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'instruct'?"));
  EXPECT_FALSE(fs::exists(dir_ / "u.work"));
  EXPECT_FALSE(fs::exists(dir_ / "u"));
}

TEST_F(UpdateCommand, TheScaleIsANumberOrAutoWithPrompts) {
  Outcome outcome = update("--scale automatic");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'automatic' is neither a number nor auto"));
  outcome = update("--scale auto");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--scale-prompts"));
  outcome = update("--scale-prompts x.jsonl");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("add --scale auto"));
  test::write_instructions(dir_ / "tune.jsonl", "tune", 3);
  outcome =
      update("--json --scale auto --scale-grid 0.5,1 --scale-prompts " + (dir_ / "tune.jsonl").string());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(parse_json(outcome.out, "stdout").at("scale_search").at("points").size(), 2U);
}

}  // namespace evergreen
