#include "evergreen/train/training_needs.hpp"

#include <gtest/gtest.h>

#include "evergreen/kernels/tensor_memory.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {
using test::expect_error;

namespace {

// Of 128 tokens at a time activations are most of its memory.
ModelConfig deep_config() {
  ModelConfig config = test::tiny_config();
  config.hidden_size = 64, config.intermediate_size = 160, config.num_layers = 12, config.head_dim = 16;
  return config;
}

// The head is most of it.
ModelConfig wide_config() {
  ModelConfig config = test::tiny_config();
  config.vocab_size = 20'000, config.hidden_size = 64, config.head_dim = 16;
  return config;
}

TrainOptions deep_options(Precision precision, RecomputeLevel level) {
  TrainOptions options = test::tiny_options();
  options.packing.rows = 16, options.packing.row_tokens = 32, options.steps = 2;
  options.precision = precision, options.recompute = level;
  options.validation_tokens = 64;
  return options;
}

class TrainingNeedsTest : public testing::Test {
 protected:
  // The most that LibTorch held in a run.
  double measured(const TrainOptions& options, const ModelConfig& config = deep_config()) {
    const auto count = std::make_shared<kernels::TensorMemory>();
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, count);
    Decoder decoder(config, init_parameters(config, 1, trained_type(options.precision)));
    train(dir_ / std::to_string(++runs_), decoder, {{{&store_}}, {{"new", &store_}}, "model-hash"}, options);
    return static_cast<double>(count->most);
  }
  static double told(const TrainOptions& options, const ModelConfig& config = deep_config()) {
    const MemoryNeed need = training_memory(config, options);
    return static_cast<double>(need.total() - need.rest);
  }

  test::TempDir dir_;
  TokenStore store_{test::write_tiny_store(dir_ / "s.tok", 400)};
  int runs_ = 0;
};

}  // namespace

TEST_F(TrainingNeedsTest, TellsWhatARunTakesAndUpToAQuarterMore) {
  for (const Precision precision : {Precision::float32, Precision::bf16, Precision::pure_bf16}) {
    for (const RecomputeLevel level :
         {RecomputeLevel::none, RecomputeLevel::selective, RecomputeLevel::full}) {
      const TrainOptions options = deep_options(precision, level);
      const double ratio = measured(options) / told(options);
      EXPECT_GT(ratio, 0.75) << precision_name(precision) << " " << recompute_level_name(level);
      EXPECT_LT(ratio, 1.0) << precision_name(precision) << " " << recompute_level_name(level);
    }
  }
}

TEST_F(TrainingNeedsTest, CountsTheLogitsAndTheGradientOfALargeHead) {
  for (const Precision precision : {Precision::float32, Precision::bf16, Precision::pure_bf16}) {
    for (const int64_t micro_rows : {0, 4}) {
      TrainOptions options = deep_options(precision, RecomputeLevel::full);
      options.micro_rows = micro_rows;
      const double ratio = measured(options, wide_config()) / told(options, wide_config());
      EXPECT_GT(ratio, 0.75) << precision_name(precision) << " " << micro_rows;
      EXPECT_LT(ratio, 1.0) << precision_name(precision) << " " << micro_rows;
    }
  }
}

TEST_F(TrainingNeedsTest, RanksShareRowsAndState) {
  TrainOptions options = deep_options(Precision::float32, RecomputeLevel::none);
  const MemoryNeed alone = training_memory(deep_config(), options),
                   four = training_memory(deep_config(), options, {4, 4});
  EXPECT_EQ(four.activations, alone.activations / 4);
  EXPECT_GE(four.state, alone.state) << "ddp: units are padded";
  options.parallel.mode = ParallelMode::zero3;
  EXPECT_LT(training_memory(deep_config(), options, {4, 4}).state, alone.state);
}

TEST_F(TrainingNeedsTest, SavedStatesAreAsManyAsAreThereAtATime) {
  TrainOptions options = deep_options(Precision::pure_bf16, RecomputeLevel::none);
  const auto one = static_cast<uint64_t>(12 * parameter_count(deep_config()));
  EXPECT_EQ(saved_states_bytes(deep_config(), options, 1000), one);
  options.save_every = 10;
  EXPECT_EQ(saved_states_bytes(deep_config(), options, 1000), 4 * one);
  EXPECT_EQ(saved_states_bytes(deep_config(), options, 15), 2 * one);
  options.low_rank.rank = 2;
  EXPECT_LT(saved_states_bytes(deep_config(), options, 1000), one);
}

TEST_F(TrainingNeedsTest, WhatDoesNotFitIsToldWithTheMildestSettingsThatDo) {
  const TrainOptions options = deep_options(Precision::float32, RecomputeLevel::none);
  const auto needs = [&](const TrainOptions& o) { return training_memory(deep_config(), o).total(); };
  const auto require = [&](uint64_t available) {
    require_training_memory(deep_config(), options, {.free_bytes = available});
  };
  require(needs(options));
  TrainOptions less = options;
  less.micro_rows = 1;
  expect_error(ErrorKind::resource, "--micro-rows 1 takes", [&] { require(needs(options) - 1); });
  less.recompute = RecomputeLevel::full;
  expect_error(ErrorKind::resource, "--micro-rows 1 --recompute full takes", [&] { require(needs(less)); });
  expect_error(ErrorKind::resource, "activations of 512 tokens", [&] { require(needs(less)); });
  expect_error(ErrorKind::resource, "--recompute full --precision pure-bf16 takes",
               [&] { require(needs(less) - 1); });
  expect_error(ErrorKind::resource, "a larger machine", [&] { require(1); });
}

}  // namespace evergreen
