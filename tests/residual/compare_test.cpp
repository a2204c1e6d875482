#include "evergreen/residual/compare.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/residual.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/weights.hpp"

namespace evergreen {
using test::expect_error;
using test::pico_checkpoint;
using test::TempDir;

namespace {

// Every element of a layer has one value: the distances are known.
fs::path write_layers(const fs::path& out, double first, double second) {
  return test::write_checkpoint(
      out, {{"model.layers.0.w", Dtype::f32, {3, 3}}, {"model.layers.1.w", Dtype::f32, {3, 3}}},
      [=](const TensorSpec& tensor, uint64_t) { return tensor.name == "model.layers.0.w" ? first : second; });
}

}  // namespace

TEST(Compare, DistancesAreFromTheFirstAndCosinesBetweenTheWaysThatLeadAway) {
  const TempDir dir;
  const CheckpointReader first(write_layers(dir / "a", 3, 4)), east(write_layers(dir / "b", 4, 4)),
      north(write_layers(dir / "c", 3, 2)), both(write_layers(dir / "d", 5, 6));
  const CheckpointComparison comparison = compare({&first, &east, &north, &both}, nullptr);
  EXPECT_EQ(comparison.reference, (dir / "a").string());
  const auto& all = comparison.checkpoints;
  EXPECT_EQ(*all[0].relative, 0);
  EXPECT_FALSE(all[0].norm);
  EXPECT_NEAR(*all[1].relative, 0.2, 1e-12);
  EXPECT_NEAR(*all[2].relative, 0.4, 1e-12);
  EXPECT_NEAR(*all[3].relative, std::sqrt(8) / 5, 1e-12);
  EXPECT_FALSE(all[1].cosines[0]);
  EXPECT_EQ(*all[1].cosines[1], 1);
  EXPECT_EQ(*all[1].cosines[2], 0);
  EXPECT_NEAR(*all[1].cosines[3], std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(*all[2].cosines[3], -std::sqrt(0.5), 1e-12);
  EXPECT_EQ(comparison.layers, (std::vector<uint64_t>{0, 1}));
  EXPECT_NEAR(*all[1].layers[0], 1.0 / 3, 1e-12);
  EXPECT_EQ(*all[1].layers[1], 0);
}

TEST(Compare, AResidualAndTheModelItCameFromAreTheSameWayFromTheBase) {
  const TempDir dir;
  const CheckpointReader base(pico_checkpoint(dir, "base", {.spread = 0.02})),
      instruct(pico_checkpoint(dir, "instruct", {.seed = 2, .spread = 0.02, .chat = true})),
      other(pico_checkpoint(dir, "other", {.dtype = Dtype::f32, .seed = 3, .spread = 0.02}));
  extract(base, instruct, dir / "r", {.sync = false});
  const CheckpointReader residual(dir / "r");
  const CheckpointComparison comparison = compare({&residual, &instruct, &other}, &base);
  const auto& all = comparison.checkpoints;
  EXPECT_NEAR(*all[0].cosines[1], 1, 1e-9);
  EXPECT_NEAR(*all[0].relative, *all[1].relative, 1e-9);
  EXPECT_EQ(all[0].summary.kind, "residual");
  EXPECT_TRUE(comparison.with_base);
  expect_error(ErrorKind::usage, "through their base", [&] { compare({&residual, &instruct}, nullptr); });
  const Json json = parse_json(to_json_text(comparison), "comparison");
  EXPECT_EQ(json["checkpoints"][2]["parameters_by_dtype"]["F32"], all[2].summary.parameters);
  EXPECT_EQ(json["checkpoints"][2]["cosines"].size(), 3U);
  EXPECT_EQ(json["reference_is"], "base");
}

TEST(Compare, ResidualsAloneAreComparedAsTheyAre) {
  const TempDir dir;
  const CheckpointReader base(write_layers(dir / "base", 1, 1)), a(write_layers(dir / "a", 3, 1)),
      b(write_layers(dir / "b", 1, 3));
  extract(base, a, dir / "ra", {.model_files = false, .sync = false});
  extract(base, b, dir / "rb", {.model_files = false, .sync = false});
  const CheckpointReader ra(dir / "ra"), rb(dir / "rb");
  const auto all = compare({&ra, &rb}, nullptr).checkpoints;
  EXPECT_EQ(*all[0].cosines[1], 0);
  EXPECT_EQ(*all[0].norm, 6);
  EXPECT_EQ(*all[1].norm, 6);
  EXPECT_NEAR(*all[1].relative, std::sqrt(2), 1e-12);
}

TEST(Compare, NanIsReportedWithItsCheckpoint) {
  const TempDir dir;
  const CheckpointReader a(write_layers(dir / "a", 1, 1)),
      b(write_layers(dir / "b", std::numeric_limits<double>::quiet_NaN(), 2));
  const CheckpointComparison comparison = compare({&a, &b}, nullptr);
  ASSERT_EQ(comparison.not_finite.size(), 1U);
  EXPECT_EQ(comparison.not_finite[0].nan, 9U);
  EXPECT_EQ(comparison.not_finite[0].file, (dir / "b/model.safetensors").string());
}

TEST(Compare, OthersThatDoNotFitAreNamed) {
  const TempDir dir;
  const CheckpointReader a(pico_checkpoint(dir, "a")),
      b(pico_checkpoint(dir, "b", {.intermediate_size = 32}));
  expect_error(ErrorKind::input, "in the model " + (dir / "b").string(), [&] { compare({&a, &b}, nullptr); });
}

}  // namespace evergreen
