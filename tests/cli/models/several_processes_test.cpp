// Commands that train, as a launcher starts them: several processes of the program.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/train/metrics.hpp"
#include "tests/cli/program.hpp"
#include "tests/pipeline/tiny_pair.hpp"
#include "tests/support/rank_processes.hpp"

namespace evergreen {
using test::Outcome;
using test::RankProcesses;
using test::RankResult;
using test::run_program;
using testing::HasSubstr;

namespace {

class SeveralProcesses : public testing::Test {
 protected:
  void SetUp() override {
    test::make_tiny_pair(dir_.path());
    replace_file(dir_ / "news.jsonl", test::tiny_corpus(1, 60));
  }
  std::string at(const std::string& name) const { return (dir_ / name).string(); }
  std::vector<std::string> update(const std::string& out, const std::vector<std::string>& more = {},
                                  const std::string& steps = "6") const {
    std::vector<std::string> arguments = {"update",
                                          "--base",
                                          at("base"),
                                          "--instruct",
                                          at("instruct"),
                                          "--corpus",
                                          at("news.jsonl"),
                                          "--out",
                                          at(out),
                                          "--held-out",
                                          "0.1",
                                          "--threads",
                                          "1",
                                          "--sequence-length",
                                          "32",
                                          "--batch-rows",
                                          "4",
                                          "--steps",
                                          steps,
                                          "--learning-rate",
                                          "0.01"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  RankProcesses start(const std::vector<std::string>& arguments, int ranks = 2) const {
    return {EVERGREEN_PROGRAM, ranks, arguments};
  }
  double final_loss(const std::string& out) const {
    return read_json(dir_ / out / "report.json").at("cpt").at("final_loss").get<double>();
  }
  test::TempDir dir_;
};

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

}  // namespace

TEST_F(SeveralProcesses, TrainAnUpdateTogetherAndRankZeroDoesTheRest) {
  const Outcome one = run_program(joined(update("one")));
  ASSERT_EQ(one.exit_code, 0) << one.err;
  for (const std::string mode : {"ddp", "zero3"}) {
    auto ranks = start(update(mode, {"--parallel", mode}));
    const std::vector<RankResult> results = ranks.wait(180);
    for (const RankResult& result : results) ASSERT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(results[0].output, HasSubstr("perplexity:new"));
    EXPECT_EQ(results[1].output, "") << "rank 0 alone speaks";
    EXPECT_NEAR(final_loss(mode), final_loss("one"), 2e-5 * final_loss("one")) << mode;
    EXPECT_FALSE(fs::exists(dir_ / (mode + ".work")));
    const Decoder a = load_decoder(dir_ / "one"), b = load_decoder(dir_ / mode);
    for (const ParameterInfo& info : a.parameters().table()) {
      // A unit in the last place of bfloat16 at the most.
      EXPECT_TRUE(at::allclose(a.parameters().at(info.name), b.parameters().at(info.name), 8e-3, 1e-4))
          << mode << ", " << info.name;
    }
  }
}

TEST_F(SeveralProcesses, AStopOfOneEndsTheUpdateOfAllAndItGoesOn) {
  const std::vector<std::string> arguments = update("u", {"--parallel", "zero1"}, "400");
  {
    auto ranks = start(arguments);
    const fs::path metrics = dir_ / "u.work/cpt/metrics.jsonl";
    for (int i = 0; i < 6000 && (!fs::exists(metrics) || read_step_metrics(metrics).size() < 3); ++i)
      ::usleep(10'000);
    ranks.signal(1, SIGTERM);
    for (const RankResult& result : ranks.wait(60)) {
      EXPECT_EQ(result.exit_code, 130) << result.output;
      EXPECT_THAT(result.output, HasSubstr("run the same command again"));
    }
  }
  EXPECT_FALSE(fs::exists(dir_ / "u"));
  EXPECT_FALSE(fs::is_empty(dir_ / "u.work/cpt/checkpoints"));
  for (const RankResult& result : start(arguments).wait(180)) EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(fs::exists(dir_ / "u/report.json"));
}

TEST_F(SeveralProcesses, AFaultOfRankZeroIsNamedByAll) {
  replace_file(dir_ / "news.jsonl", "not json\n");
  for (const RankResult& result : start(update("u")).wait(60)) {
    EXPECT_NE(result.exit_code, 0);
    EXPECT_THAT(result.output, HasSubstr("error"));
  }
  EXPECT_FALSE(fs::exists(dir_ / "u"));
}

TEST_F(SeveralProcesses, AreRefusedByTheDemo) {
  for (const RankResult& result : start({"demo", "--work", at("w")}).wait(60)) {
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_THAT(result.output, HasSubstr("runs as one process, torchrun started 2"));
  }
}

TEST_F(SeveralProcesses, ForetellTogetherWhatAnUpdateTakes) {
  const std::vector<RankResult> results = start(update("u", {"--dry-run"})).wait(60);
  for (const RankResult& result : results) EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(results[0].output, HasSubstr("for each process needed"));
  EXPECT_THAT(results[1].output, Not(HasSubstr("needed")));
  EXPECT_FALSE(fs::exists(dir_ / "u.work"));
}

TEST_F(SeveralProcesses, TrainInTheirPrecisionAndSaveThePrecisionOfTheModel) {
  const std::vector<std::string> arguments = {
      "train",        "cpt",       "--model",   at("base"),  "--corpus",          at("news.jsonl"),
      "--out",        at("run"),   "--threads", "1",         "--sequence-length", "32",
      "--batch-rows", "4",         "--steps",   "4",         "--parallel",        "zero3",
      "--precision",  "pure-bf16", "--offload", "optimizer", "--peak-flops",      "1e12"};
  for (const RankResult& result : start(arguments).wait(120)) ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(load_decoder(dir_ / "run/model").config().dtype, Dtype::bf16);
  EXPECT_EQ(read_json(dir_ / "run/settings.json").at("precision"), "pure-bf16");
  for (const StepMetrics& step : read_step_metrics(dir_ / "run/metrics.jsonl"))
    EXPECT_DOUBLE_EQ(step.mfu, step.flops_per_second / 2e12);
}

TEST_F(SeveralProcesses, DevicesThatAreNotThereAreToldBeforeAnythingIsWritten) {
  const std::string train =
      "train cpt --model " + at("base") + " --corpus " + at("news.jsonl") + " --out " + at("r");
  for (const std::string device : {"gpu", "cuda:99"}) {
    const Outcome outcome = run_program(train + " --device " + device);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("next"));
    EXPECT_FALSE(fs::exists(dir_ / "r"));
  }
  EXPECT_EQ(run_program(train + " --precision fp8").exit_code, 2);
  EXPECT_EQ(run_program(train + " --offload everything").exit_code, 2);
}

}  // namespace evergreen
