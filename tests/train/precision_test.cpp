#include "evergreen/train/precision.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/kernels/tensor_memory.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {

constexpr Precision kNarrow[] = {Precision::bf16, Precision::pure_bf16};

// Most of its memory is parameters: a row is 8 tokens.
ModelConfig wide_config() {
  ModelConfig config = test::tiny_config();
  config.hidden_size = 128, config.intermediate_size = 256, config.num_layers = 6, config.head_dim = 32;
  return config;
}

class PrecisionTest : public testing::Test {
 protected:
  TrainReport run(const std::string& name, Decoder& decoder, const TrainOptions& options,
                  StopFlag* stop = nullptr, const ProgressFn& progress = {}) {
    return train(dir_ / name, decoder, {{{&store_}}, {{"new", &store_}}, "model-hash"}, options, stop,
                 progress);
  }
  Decoder decoder(Precision precision, uint64_t seed = 1, const ModelConfig& config = test::tiny_config()) {
    return {config, init_parameters(config, seed, trained_type(precision))};
  }
  std::vector<StepMetrics> metrics(const std::string& name) {
    return read_step_metrics(dir_ / name / "metrics.jsonl");
  }
  TempDir dir_;
  TokenStore store_{test::write_tiny_store(dir_ / "s.tok")};
};

TrainOptions options_of(Precision precision, int64_t steps = 60) {
  TrainOptions options = test::tiny_options();
  options.precision = precision, options.steps = steps;
  return options;
}

void expect_equal_bits(const Decoder& a, const Decoder& b) {
  for (const ParameterInfo& info : a.parameters().table())
    EXPECT_TRUE(at::equal(a.parameters().at(info.name), b.parameters().at(info.name))) << info.name;
}

}  // namespace

TEST(Precision, HasTheNamesOfTheFieldAndTheNearestForOthers) {
  for (const Precision precision : {Precision::float32, Precision::bf16, Precision::pure_bf16})
    EXPECT_EQ(precision_from_name(precision_name(precision)), precision);
  expect_error(ErrorKind::usage, "did you mean 'pure-bf16'?", [] { precision_from_name("pure-bf1"); });
}

TEST_F(PrecisionTest, BfloatSixteenLearnsAsFloat32Does) {
  Decoder exact = decoder(Precision::float32);
  const TrainReport whole = run("float32", exact, options_of(Precision::float32));
  for (const Precision precision : kNarrow) {
    const std::string name = precision_name(precision);
    Decoder narrow = decoder(precision);
    const TrainReport report = run(name, narrow, options_of(precision));
    EXPECT_LT(report.final_loss, 0.6 * report.first_loss) << name;
    const auto a = metrics("float32"), b = metrics(name);
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_NEAR(a[i].loss, b[i].loss, 0.05 * a[i].loss) << name << ", step " << a[i].step;
    EXPECT_NEAR(report.last_validation.loss.at("new"), whole.last_validation.loss.at("new"),
                0.05 * whole.last_validation.loss.at("new"))
        << name;
  }
}

TEST_F(PrecisionTest, WeightsAreTrainedInFloat32WhereOnlyLayersComputeInBfloat16) {
  Decoder mixed = decoder(Precision::bf16), pure = decoder(Precision::pure_bf16);
  run("mixed", mixed, options_of(Precision::bf16, 12));
  run("pure", pure, options_of(Precision::pure_bf16, 12));
  for (const ParameterInfo& info : mixed.parameters().table()) {
    const at::Tensor& weight = mixed.parameters().at(info.name);
    ASSERT_EQ(weight.scalar_type(), at::kFloat) << info.name;
    EXPECT_FALSE(at::equal(weight, weight.to(at::kBFloat16).to(at::kFloat))) << info.name;
    EXPECT_EQ(pure.parameters().at(info.name).scalar_type(), at::kBFloat16) << info.name;
  }
}

TEST_F(PrecisionTest, AStoppedRunEqualsTheUninterruptedOneBitForBit) {
  for (const Precision precision : kNarrow) {
    const std::string name = precision_name(precision);
    TrainOptions options = options_of(precision, 12);
    options.ema_decay = 0.9, options.micro_rows = 2;
    Decoder whole = decoder(precision), first = decoder(precision), resumed = decoder(precision, 99);
    run(name, whole, options);
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

TEST_F(PrecisionTest, RecomputingChangesNoBit) {
  for (const Precision precision : kNarrow) {
    TrainOptions options = options_of(precision, 6);
    Decoder plain = decoder(precision);
    run(precision_name(precision), plain, options);
    for (const RecomputeLevel level : {RecomputeLevel::selective, RecomputeLevel::full}) {
      Decoder recomputed = decoder(precision);
      options.recompute = level;
      run(precision_name(precision) + recompute_level_name(level), recomputed, options);
      expect_equal_bits(plain, recomputed);
    }
  }
}

TEST_F(PrecisionTest, GradientsOfMicroBatchesAreSummedInFloat32) {
  TrainOptions options = options_of(Precision::bf16, 1);
  Decoder whole = decoder(Precision::bf16), parts = decoder(Precision::bf16);
  run("whole", whole, options);
  options.micro_rows = 1;
  run("parts", parts, options);
  const double norm = metrics("whole")[0].gradient_norm;
  EXPECT_NEAR(metrics("parts")[0].gradient_norm, norm, 5e-3 * norm);
}

TEST_F(PrecisionTest, MemoryIsWhatIsToldForEachParameter) {
  for (const Precision precision : {Precision::float32, Precision::bf16, Precision::pure_bf16}) {
    const auto count = std::make_shared<kernels::TensorMemory>();
    {
      const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, count);
      Decoder wide = decoder(precision, 1, wide_config());
      TrainOptions options = options_of(precision, 2);
      options.packing.rows = 2, options.packing.row_tokens = 8, options.micro_rows = 1;
      options.background_saves = false, options.validation_tokens = 8;
      run(precision_name(precision) + "-wide", wide, options);
    }
    const double told = element_bytes(precision).sum() * static_cast<double>(parameter_count(wide_config()));
    EXPECT_GE(static_cast<double>(count->most), told) << precision_name(precision);
    EXPECT_LE(static_cast<double>(count->most), 1.2 * told) << precision_name(precision);
  }
}

TEST_F(PrecisionTest, AnotherPrecisionInTheSameDirectoryIsRefusedAndSoAreLowRankMatrices) {
  Decoder mixed = decoder(Precision::bf16), low = decoder(Precision::bf16);
  run("r", mixed, options_of(Precision::bf16, 2));
  Decoder exact = decoder(Precision::float32);
  expect_error(ErrorKind::input, "precision = bf16, now it is float32",
               [&] { run("r", exact, options_of(Precision::float32, 2)); });
  TrainOptions options = options_of(Precision::bf16, 2);
  options.low_rank.rank = 2;
  expect_error(ErrorKind::usage, "float32 alone", [&] { run("lora", low, options); });
}

TEST_F(PrecisionTest, AnOptimiserInHostMemoryMakesTheSameSteps) {
  for (const Precision precision : {Precision::float32, Precision::bf16, Precision::pure_bf16}) {
    TrainOptions options = options_of(precision, 6);
    Decoder here = decoder(precision), there = decoder(precision);
    run(precision_name(precision) + "-here", here, options);
    options.offload_optimizer = true;
    run(precision_name(precision) + "-there", there, options);
    expect_equal_bits(here, there);
  }
}

}  // namespace evergreen
