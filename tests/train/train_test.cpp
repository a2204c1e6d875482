#include "evergreen/train/train.hpp"

#include <cmath>

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

}  // namespace evergreen
