#include "evergreen/train/parallel_training.hpp"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/train/parallel_cost.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/rank_processes.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {
using test::RankProcesses;
using test::RankResult;
using test::TempDir;
using testing::HasSubstr;

namespace {
constexpr const char* kProgram = EVERGREEN_BIN "/train_rank_program";
using Arguments = std::vector<std::string>;

class ParallelTrainingTest : public testing::Test {
 protected:
  RankProcesses start(const std::string& name, int ranks, Arguments arguments) {
    arguments.insert(arguments.begin(), {(dir_ / name).string(), store_.string()});
    return {kProgram, ranks, arguments};
  }
  void run(const std::string& name, int ranks, const Arguments& arguments) {
    for (const RankResult& result : start(name, ranks, arguments).wait(120))
      EXPECT_EQ(result.exit_code, 0) << name << ": " << result.output;
  }
  std::vector<StepMetrics> metrics(const std::string& name) {
    return read_step_metrics(dir_ / name / "metrics.jsonl");
  }
  Hash128 state_hash(const std::string& name, int step = 12) {
    return CheckpointReader(dir_ / name / "checkpoints" / ("step-000000" + std::to_string(step)))
        .content_hash();
  }

  // Within the errors of float32 sums, which grow as weights drift apart; or of bfloat16.
  void expect_same_curve(const std::string& one, const std::string& other, double widened = 1) {
    const auto a = metrics(one), b = metrics(other);
    ASSERT_EQ(a.size(), b.size()) << other;
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(a[i].loss, b[i].loss, widened * 2e-5 * a[i].loss) << other << ", step " << a[i].step;
      EXPECT_NEAR(a[i].gradient_norm, b[i].gradient_norm, widened * 2e-4 * a[i].gradient_norm)
          << other << ", step " << a[i].step;
      EXPECT_EQ(a[i].tokens, b[i].tokens);
    }
    const auto va = read_validation_metrics(dir_ / one / "metrics.jsonl"),
               vb = read_validation_metrics(dir_ / other / "metrics.jsonl");
    ASSERT_EQ(va.size(), vb.size());
    for (size_t i = 0; i < va.size(); ++i)
      EXPECT_NEAR(va[i].loss.at("new"), vb[i].loss.at("new"), widened * 2e-5 * va[i].loss.at("new"));
  }

  // Sent by rank 0 in every step.
  void expect_bytes(const std::string& name, int64_t foretold, int64_t more) {
    for (const StepMetrics& step : metrics(name)) {
      EXPECT_GE(step.bytes_sent, foretold) << name;
      EXPECT_LE(step.bytes_sent, foretold + more) << name;
    }
  }

  TempDir dir_;
  fs::path store_ = test::write_tiny_store(dir_ / "s.tok");
};

Arguments with(Arguments more, const Arguments& arguments) {
  more.insert(more.end(), arguments.begin(), arguments.end());
  return more;
}
}  // namespace

TEST_F(ParallelTrainingTest, LossesOfTwoAndFourRanksAreThoseOfOne) {
  run("one", 1, {});
  for (const int ranks : {2, 4}) {
    for (const std::string mode : {"ddp", "zero1", "zero3", "hybrid"}) {
      if (mode == "hybrid" && ranks == 2) continue;
      const std::string name = mode + std::to_string(ranks);
      run(name, ranks, {"mode=" + mode, "shard_ranks=" + std::string(mode == "hybrid" ? "2" : "0")});
      expect_same_curve("one", name);
    }
  }
}

TEST_F(ParallelTrainingTest, SoAreThoseOfAnUntiedModelInMicroBatches) {
  const Arguments options = {"untied=1", "rows=8", "micro=2"};
  run("one", 1, options);
  for (const std::string mode : {"ddp", "zero1", "zero3"}) {
    run(mode, 2, with({"mode=" + mode}, options));
    expect_same_curve("one", mode);
  }
  run("hybrid", 4, with({"mode=hybrid", "shard_ranks=2"}, options));
  expect_same_curve("one", "hybrid");
}

TEST_F(ParallelTrainingTest, RecomputingChangesNoBitInAnyMode) {
  for (const std::string precision : {"float32", "bf16"}) {
    const Arguments options = {"untied=1", "rows=8", "micro=2", "precision=" + precision};
    for (const std::string mode : {"ddp", "zero1", "zero3", "hybrid"}) {
      if (precision == "bf16" && mode != "zero3") continue;
      const std::string name = precision + mode;
      const Arguments in_mode =
          with({"mode=" + mode, "shard_ranks=" + std::string(mode == "hybrid" ? "2" : "0")}, options);
      const int ranks = mode == "hybrid" ? 4 : 2;
      run(name, ranks, in_mode);
      for (const std::string level : {"selective", "full"}) {
        run(name + level, ranks, with({"recompute=" + level}, in_mode));
        EXPECT_EQ(state_hash(name), state_hash(name + level)) << mode << " " << level;
      }
    }
  }
}

TEST_F(ParallelTrainingTest, RepeatsAreEqualBitForBit) {
  for (const std::string mode : {"ddp", "zero3"}) {
    run(mode + " once", 2, {"mode=" + mode});
    run(mode + " again", 2, {"mode=" + mode});
    EXPECT_EQ(state_hash(mode + " once"), state_hash(mode + " again")) << mode;
  }
}

TEST_F(ParallelTrainingTest, ARunGoesOnWithAnotherNumberOfRanksAndAnotherMode) {
  run("one", 1, {});
  run("moved", 2, {"mode=zero3", "save_every=4"});
  expect_same_curve("one", "moved");
  fs::remove_all(dir_ / "moved/checkpoints/step-00000012");
  run("moved", 4, {"mode=zero1", "save_every=4"});  // from step 8
  expect_same_curve("one", "moved");
  fs::remove_all(dir_ / "moved/checkpoints/step-00000012");
  run("moved", 1, {"save_every=4"});
  expect_same_curve("one", "moved");
}

TEST_F(ParallelTrainingTest, AStopAskedOfOneRankStopsAllAndIsGoneOnFrom) {
  run("whole", 2, {"mode=zero1"});
  auto ranks = start("stopped", 2, {"mode=zero1", "stop_rank=1"});
  for (const RankResult& result : ranks.wait(60)) {
    EXPECT_EQ(result.exit_code, 130) << result.output;
    EXPECT_THAT(result.output, HasSubstr("the state is saved"));
  }
  run("stopped", 2, {"mode=zero1"});
  EXPECT_EQ(state_hash("whole"), state_hash("stopped"));
}

TEST_F(ParallelTrainingTest, AKilledRankEndsTheRunAndTheLastStateIsGood) {
  run("whole", 3, {"mode=zero3", "steps=24", "rows=6", "save_every=3"});
  for (const int killed : {0, 1}) {
    const std::string name = "killed " + std::to_string(killed);
    const Arguments arguments = {"mode=zero3", "steps=24", "rows=6", "save_every=3"};
    {
      auto ranks = start(name, 3, with({"timeout=5"}, arguments));
      ASSERT_TRUE(ranks.wait_for_output(0, "step 10/24", 60)) << ranks.output(0);
      ranks.signal(killed, SIGKILL);
      const auto start = std::chrono::steady_clock::now();
      const auto results = ranks.wait(30);
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
      for (int rank = 0; rank < 3; ++rank) {
        if (rank == killed) continue;
        const RankResult& result = results[static_cast<size_t>(rank)];
        EXPECT_EQ(result.exit_code, 4) << result.output;
        EXPECT_THAT(result.output, HasSubstr("rank " + std::to_string(killed))) << "rank " << rank;
        EXPECT_THAT(result.output, HasSubstr("is lost"));
        EXPECT_THAT(result.output, HasSubstr("the last saved state is good"));
      }
    }
    run(name, 3, arguments);
    EXPECT_EQ(state_hash(name, 24), state_hash("whole", 24));
  }
}

TEST_F(ParallelTrainingTest, AveragesAndLowRankMatricesAreTrainedAlike) {
  run("one", 1, {"ema=1"});
  run("zero3", 2, {"ema=1", "mode=zero3"});
  expect_same_curve("one", "zero3");
  run("lora one", 1, {"lora=2"});
  for (const std::string mode : {"ddp", "zero1"}) {
    run("lora " + mode, 2, {"lora=2", "mode=" + mode});
    expect_same_curve("lora one", "lora " + mode);
  }
  const auto refused = start("lora zero3", 2, {"lora=2", "mode=zero3"}).wait(60);
  EXPECT_EQ(refused[0].exit_code, 2);
  EXPECT_THAT(refused[0].output, HasSubstr("low-rank training shards no weights"));
}

TEST_F(ParallelTrainingTest, NarrowPrecisionsTrainAlikeInEveryMode) {
  constexpr double kOfBfloat16 =
      200;  // 0.4 % of the loss: products of bfloat16 over other rows round otherwise
  for (const std::string precision : {"bf16", "pure-bf16"}) {
    const Arguments options = {"untied=1", "rows=8", "micro=2", "precision=" + precision};
    run("one " + precision, 1, options);
    for (const std::string mode : {"ddp", "zero1", "zero3"}) {
      run(mode + " " + precision, 2, with({"mode=" + mode}, options));
      expect_same_curve("one " + precision, mode + " " + precision, kOfBfloat16);
    }
    run("hybrid " + precision, 4, with({"mode=hybrid", "shard_ranks=2", "recompute=selective"}, options));
    expect_same_curve("one " + precision, "hybrid " + precision, kOfBfloat16);
  }
}

TEST_F(ParallelTrainingTest, ANarrowRunGoesOnInAnotherMode) {
  const Arguments options = {"precision=bf16", "save_every=4"};
  run("one", 1, options);
  run("moved", 2, with({"mode=zero3", "offload=1"}, options));
  fs::remove_all(dir_ / "moved/checkpoints/step-00000012");
  run("moved", 2, with({"mode=zero1"}, options));
  expect_same_curve("one", "moved", 200);
}

TEST_F(ParallelTrainingTest, RowsThatCannotBeDealtOutAreRefused) {
  for (const RankResult& result : start("uneven", 3, {"mode=ddp"}).wait(60)) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.output, HasSubstr("the 4 rows of a step cannot be dealt out evenly to 3 processes"));
  }
}

TEST_F(ParallelTrainingTest, BytesSentInAStepAreThoseOfTheCalculation) {
  const ModelConfig config = test::tiny_config(true);
  constexpr int64_t kScalars = 100;  // a step's counts, loss and norm: a few float64
  for (const int ranks : {2, 4}) {
    for (const auto mode : {ParallelMode::ddp, ParallelMode::zero3, ParallelMode::hybrid}) {
      if (mode == ParallelMode::hybrid && ranks == 2) continue;
      const std::string name = parallel_mode_name(mode) + std::to_string(ranks);
      run(name, ranks,
          {"untied=1", "rows=8", "micro=1", "steps=2", "mode=" + parallel_mode_name(mode),
           mode == ParallelMode::hybrid ? "shard_ranks=2" : "shard_ranks=0"});
      const ParallelCost cost = parallel_cost(config, {mode, ranks, 2, 8 / ranks});
      expect_bytes(name, cost.bytes_within + cost.bytes_across, kScalars);
    }
    // With mixed precision weights travel in bfloat16 and gradients in float32.
    run("bf16 " + std::to_string(ranks), ranks,
        {"untied=1", "rows=8", "micro=1", "steps=2", "mode=zero3", "precision=bf16"});
    expect_bytes("bf16 " + std::to_string(ranks),
                 parallel_cost(config, {ParallelMode::zero3, ranks, 1, 8 / ranks, 2, 4, 12}).bytes_within,
                 kScalars);
    // Weights are sent while the next step has begun: here the whole run is counted, with weights sent once more at its beginning.
    const ParallelCost cost = parallel_cost(config, {ParallelMode::zero1, ranks});
    const int64_t foretold = 3 * cost.bytes_within + cost.bytes_within / 2;
    for (const RankResult& result :
         start("zero1 " + std::to_string(ranks), ranks, {"untied=1", "steps=3", "mode=zero1"}).wait(60)) {
      const size_t at = result.output.find("bytes ");
      ASSERT_NE(at, std::string::npos) << result.output;
      const int64_t sent = std::stoll(result.output.substr(at + 6));
      EXPECT_GE(sent, foretold);
      EXPECT_LE(sent, foretold + 10 * kScalars);
    }
  }
}

}  // namespace evergreen
