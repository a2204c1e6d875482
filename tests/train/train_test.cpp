#include "evergreen/train/train.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
class TrainTest : public testing::Test {
 protected:
  TrainInputs inputs() const { return {{{&store_}}, {{"new", &store_}}, "model-hash"}; }
  TrainReport run(const std::string& name, Decoder& decoder, const TrainOptions& options,
                  StopFlag* stop = nullptr, const ProgressFn& progress = {}) {
    return train(dir_ / name, decoder, inputs(), options, stop, progress);
  }
  TempDir dir_;
  TokenStore store_{test::write_tiny_store(dir_ / "s.tok")};
};

void expect_equal_bits(const Decoder& a, const Decoder& b) {
  for (const ParameterInfo& info : a.parameters().table()) {
    EXPECT_TRUE(at::equal(a.parameters().at(info.name), b.parameters().at(info.name))) << info.name;
  }
}
}  // namespace

TEST_F(TrainTest, LearnsWhatCanBeLearned) {
  Decoder decoder = test::tiny_decoder(1);
  TrainOptions options = test::tiny_options();
  options.steps = 60;
  const TrainReport report = run("r", decoder, options);
  EXPECT_NEAR(report.first_loss, std::log(40.0), 0.1);
  EXPECT_LT(report.final_loss, 2.0);
  EXPECT_EQ(report.tokens, 60 * 4 * 32);
  EXPECT_LT(report.last_validation.loss.at("new"), report.first_validation.loss.at("new"));
}

TEST_F(TrainTest, ARunThatWasStoppedAnywhereEqualsTheUninterruptedOneBitForBit) {
  Decoder whole = test::tiny_decoder(1);
  run("whole", whole, test::tiny_options());
  for (const int64_t stop_at : {1, 5, 11}) {
    const std::string name = "stopped-" + std::to_string(stop_at);
    Decoder first = test::tiny_decoder(1);
    StopFlag stop;
    int64_t steps = 0;
    expect_error(ErrorKind::interrupted, "the state is saved", [&] {
      run(name, first, test::tiny_options(), &stop, [&](const ProgressUpdate&) {
        if (++steps == stop_at) stop.request();
      });
    });
    Decoder resumed = test::tiny_decoder(99);  // overwritten by the saved state
    run(name, resumed, test::tiny_options());
    expect_equal_bits(whole, resumed);
    const auto a = read_step_metrics(dir_ / "whole/metrics.jsonl"),
               b = read_step_metrics(dir_ / (name + "/metrics.jsonl"));
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].loss, b[i].loss) << "step " << a[i].step;
  }
}

TEST_F(TrainTest, AKilledRunGoesOnFromItsLastStateAndDropsTheMetricsAfterIt) {
  Decoder whole = test::tiny_decoder(1);
  run("whole", whole, test::tiny_options());
  TrainOptions options = test::tiny_options();
  options.save_every = 5;
  Decoder first = test::tiny_decoder(1);
  int64_t steps = 0;
  // An exception out of the progress callback stands for a kill: nothing is saved on the way out.
  EXPECT_THROW(run("killed", first, options, nullptr,
                   [&](const ProgressUpdate&) {
                     if (++steps == 8) throw std::runtime_error("killed");
                   }),
               std::runtime_error);
  Decoder resumed = test::tiny_decoder(99);
  run("killed", resumed, options);
  expect_equal_bits(whole, resumed);
  EXPECT_EQ(read_step_metrics(dir_ / "killed/metrics.jsonl").size(), 12U);
}

TEST_F(TrainTest, MicroBatchesGiveTheGradientOfTheWholeStep) {
  TrainOptions options = test::tiny_options();
  options.steps = 1;
  Decoder whole = test::tiny_decoder(1), parts = test::tiny_decoder(1);
  const TrainReport a = run("whole", whole, options);
  options.micro_rows = 1;
  const TrainReport b = run("parts", parts, options);
  EXPECT_NEAR(a.final_loss, b.final_loss, 1e-6);
  const double norm_a = read_step_metrics(dir_ / "whole/metrics.jsonl")[0].gradient_norm;
  EXPECT_NEAR(norm_a, read_step_metrics(dir_ / "parts/metrics.jsonl")[0].gradient_norm, 1e-5 * norm_a);
}

TEST_F(TrainTest, AFinishedRunIsOnlyLoaded) {
  Decoder decoder = test::tiny_decoder(1);
  run("r", decoder, test::tiny_options());
  Decoder again = test::tiny_decoder(2);
  int calls = 0;
  run("r", again, test::tiny_options(), nullptr, [&](const ProgressUpdate&) { ++calls; });
  EXPECT_EQ(calls, 0);
  expect_equal_bits(decoder, again);
}

TEST_F(TrainTest, OtherSettingsInTheSameDirectoryAreNamed) {
  Decoder decoder = test::tiny_decoder(1);
  run("r", decoder, test::tiny_options());
  TrainOptions other = test::tiny_options();
  other.schedule.peak = 2e-2;
  expect_error(ErrorKind::input, "learning-rate = 0.01, now it is 0.02", [&] { run("r", decoder, other); });
}

TEST_F(TrainTest, ALossThatIsNotFiniteStopsTheRunAndNamesTheStep) {
  Decoder decoder = test::tiny_decoder(1);
  TrainOptions options = test::tiny_options();
  options.schedule.peak = 1e30;
  options.clip_norm = 0;
  expect_error(ErrorKind::input, "is not finite", [&] { run("r", decoder, options); });
}

TEST_F(TrainTest, WithEveryOptionAResumedRunEqualsTheUninterruptedOne) {
  for (const int64_t rank : {0, 2}) {
    TrainOptions options = test::tiny_options();
    options.ema_decay = 0.8, options.recompute = RecomputeLevel::selective, options.z_loss = 1e-3,
    options.micro_rows = 2;
    options.low_rank = {.rank = rank, .alpha = 4};
    const std::string name = "rank-" + std::to_string(rank);
    Decoder whole = test::tiny_decoder(1), first = test::tiny_decoder(1), resumed = test::tiny_decoder(1);
    const TrainReport report = run(name, whole, options);
    EXPECT_LT(report.final_loss, report.first_loss);
    StopFlag stop;
    int64_t steps = 0;
    expect_error(ErrorKind::interrupted, "the state is saved", [&] {
      run(name + "-stopped", first, options, &stop, [&](const ProgressUpdate&) {
        if (++steps == 5) stop.request();
      });
    });
    run(name + "-stopped", resumed, options);
    expect_equal_bits(whole, resumed);
  }
}

TEST_F(TrainTest, RecomputingChangesNoBitOfARun) {
  for (const int64_t rank : {0, 2}) {
    TrainOptions options = test::tiny_options();
    options.micro_rows = 2, options.low_rank = {.rank = rank, .alpha = 4};
    const std::string name = fmt::format("rank-{}-", rank);
    Decoder plain = test::tiny_decoder(1);
    run(name + "none", plain, options);
    for (const RecomputeLevel level : {RecomputeLevel::selective, RecomputeLevel::full}) {
      Decoder recomputed = test::tiny_decoder(1);
      options.recompute = level;
      run(name + recompute_level_name(level), recomputed, options);
      expect_equal_bits(plain, recomputed);
      const auto a = read_step_metrics(dir_ / (name + "none") / "metrics.jsonl"),
                 b = read_step_metrics(dir_ / (name + recompute_level_name(level)) / "metrics.jsonl");
      ASSERT_EQ(a.size(), b.size());
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].loss, b[i].loss) << "step " << i + 1;
        EXPECT_EQ(a[i].gradient_norm, b[i].gradient_norm) << "step " << i + 1;
      }
    }
  }
}

TEST_F(TrainTest, ARunGoesOnWithAnotherLevelOfRecomputing) {
  TrainOptions options = test::tiny_options();
  Decoder whole = test::tiny_decoder(1), first = test::tiny_decoder(1), resumed = test::tiny_decoder(2);
  run("whole", whole, options);
  StopFlag stop;
  int64_t steps = 0;
  expect_error(ErrorKind::interrupted, "the state is saved", [&] {
    run("moved", first, options, &stop, [&](const ProgressUpdate&) {
      if (++steps == 5) stop.request();
    });
  });
  options.recompute = RecomputeLevel::selective;
  run("moved", resumed, options);
  expect_equal_bits(whole, resumed);
}

TEST_F(TrainTest, TheMovingAverageIsTheResult) {
  TrainOptions options = test::tiny_options();
  Decoder start = test::tiny_decoder(1), last = test::tiny_decoder(1), average = test::tiny_decoder(1);
  run("last", last, options);
  options.ema_decay = 0.999;
  run("average", average, options);
  const std::string name = "model.layers.0.mlp.up_proj.weight";
  const double to_start = (average.parameters().at(name) - start.parameters().at(name)).norm().item<double>();
  const double to_last = (average.parameters().at(name) - last.parameters().at(name)).norm().item<double>();
  EXPECT_GT(to_start, 0);
  EXPECT_LT(to_start, 0.1 * to_last) << "twelve steps at 0.999 leave the average near the first weights";
}

TEST_F(TrainTest, AStepWithAFaultIsLeftOutIfAskedTo) {
  Decoder decoder = test::tiny_decoder(1);
  TrainOptions options = test::tiny_options();
  options.steps = 40;
  options.schedule = {.kind = ScheduleKind::constant,
                      .peak = 1e-9};  // nothing is learnt: losses differ as rows do
  options.guard = {.spike = 1e-6, .on_fault = OnFault::skip, .max_skipped = 100};
  const TrainReport report = run("r", decoder, options);
  EXPECT_GT(report.left_out, 0) << "a loss above the median is a fault here";
  int64_t left_out = 0;
  for (const StepMetrics& step : read_step_metrics(dir_ / "r/metrics.jsonl")) {
    if (step.left_out.empty()) continue;
    ++left_out;
    EXPECT_NE(step.left_out.find("the median of the"), std::string::npos);
  }
  EXPECT_EQ(left_out, report.left_out);
}

TEST_F(TrainTest, ASpikeStopsTheRunNamesItsRowsAndSavesWhatWasBefore) {
  Decoder decoder = test::tiny_decoder(1);
  TrainOptions options = test::tiny_options();
  options.steps = 40;
  options.schedule = {.kind = ScheduleKind::constant, .peak = 1e-9};
  options.guard = {.spike = 1e-6};
  expect_error(ErrorKind::input, "rows ", [&] { run("r", decoder, options); });
  const auto steps = read_step_metrics(dir_ / "r/metrics.jsonl");
  EXPECT_TRUE(fs::exists(dir_ / "r/checkpoints" / fmt::format("step-{:08}", steps.size())));
}

TEST_F(TrainTest, StopsEarlyWhenAValidationLossHasRisen) {
  Decoder decoder = test::tiny_decoder(1);
  TrainOptions options = test::tiny_options();
  options.validate_every = 2;
  options.early_stop = {"new", -0.01};  // it falls: less than 0.01 nats lower counts as risen
  options.schedule.peak = 1e-9;
  const TrainReport report = run("r", decoder, options);
  EXPECT_TRUE(report.stopped_early);
  EXPECT_EQ(report.steps, 2);
  Decoder again = test::tiny_decoder(2);
  EXPECT_EQ(run("r", again, options).steps, 2) << "a run that stopped early is finished";
  expect_equal_bits(decoder, again);
  options.early_stop.set = "nwe";
  expect_error(ErrorKind::usage, "did you mean 'new'?", [&] { run("other", decoder, options); });
}

TEST_F(TrainTest, TheStateOfLowestValidationLossIsKeptBesideTheNewest) {
  Decoder decoder = test::tiny_decoder(1);
  TrainOptions options = test::tiny_options();
  options.steps = 10, options.save_every = 1, options.validate_every = 1, options.keep_states = 2;
  options.schedule = {.kind = ScheduleKind::constant,
                      .peak = 1.0};  // far too high: the first states are the best
  run("r", decoder, options);
  const auto validation = read_validation_metrics(dir_ / "r/metrics.jsonl");
  const auto best =
      std::min_element(validation.begin() + 1, validation.end(),
                       [](const auto& a, const auto& b) { return a.loss.at("new") < b.loss.at("new"); });
  EXPECT_TRUE(fs::exists(dir_ / "r/checkpoints" / fmt::format("step-{:08}", best->step)));
  EXPECT_TRUE(fs::exists(dir_ / "r/checkpoints/step-00000010"));
  EXPECT_LE(std::distance(fs::directory_iterator(dir_ / "r/checkpoints"), fs::directory_iterator()), 3);
}

}  // namespace evergreen
