#include "evergreen/residual/statistics.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/weights.hpp"

namespace evergreen {
using test::expect_error;
using test::pico_checkpoint;
using test::TempDir;
using test::values_of;
using test::write_tensor;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                 kInfinity = std::numeric_limits<double>::infinity();

double dot(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

std::vector<double> minus(std::vector<double> x, const std::vector<double>& y) {
  for (size_t i = 0; i < x.size(); ++i) x[i] -= y[i];
  return x;
}

}  // namespace

TEST(Statistics, SumsAreThoseOfTheDefinitionInEveryMixOfDtypes) {
  for (const Dtype dtype : {Dtype::bf16, Dtype::f16, Dtype::f32, Dtype::f64}) {
    const TempDir dir;
    const CheckpointReader base(pico_checkpoint(dir, "base", {.spread = 0.02})),
        instruct(pico_checkpoint(dir, "instruct", {.dtype = dtype, .seed = 2, .shards = 3, .spread = 0.02})),
        next(pico_checkpoint(dir, "next", {.seed = 3, .spread = 0.02}));
    const Statistics statistics = measure({&base, {{&base}, {&instruct, &base}, {&next, &base}}});
    ASSERT_EQ(statistics.tensors.size(), base.tensors().size());
    for (const TensorStatistics& tensor : statistics.tensors) {
      const std::string& name = tensor.tensor->name;
      const auto b = values_of(base, name);
      const std::vector<std::vector<double>> v = {b, minus(values_of(instruct, name), b),
                                                  minus(values_of(next, name), b)};
      EXPECT_EQ(tensor.sums.elements, b.size());
      for (size_t k = 0; k < 3; ++k) {
        for (size_t l = 0; l < 3; ++l) {
          const double scale = std::sqrt(dot(v[k], v[k]) * dot(v[l], v[l]));
          EXPECT_NEAR(tensor.sums.product(k, l), dot(v[k], v[l]), 1e-13 * scale) << name;
        }
      }
      const auto changed =
          static_cast<uint64_t>(std::count_if(v[1].begin(), v[1].end(), [](double d) { return d != 0; }));
      EXPECT_EQ(tensor.sums.changed(1), changed);
      EXPECT_NEAR(*tensor.sums.relative(1, 0), std::sqrt(dot(v[1], v[1]) / dot(b, b)), 1e-12);
      EXPECT_NEAR(*tensor.sums.cosine(1, 2), dot(v[1], v[2]) / std::sqrt(dot(v[1], v[1]) * dot(v[2], v[2])),
                  1e-12);
    }
    EXPECT_EQ(statistics.bytes_read, 2 * base.total_bytes() + instruct.total_bytes());
    EXPECT_TRUE(statistics.not_finite.empty());
  }
}

TEST(Statistics, ThreadsDoNotChangeABit) {
  const TempDir dir;
  const auto elements = static_cast<int64_t>((uint64_t{1} << 23) + 700'001);  // more than one part
  const auto value = [](uint64_t i) { return std::sin(static_cast<double>(i)); };
  const CheckpointReader a(write_tensor(dir / "a", Dtype::bf16, {elements}, value)),
      b(write_tensor(dir / "b", Dtype::bf16, {elements}, [&](uint64_t i) { return value(i / 3); }));
  const Statistics one = measure({&a, {{&a}, {&b, &a}}, {}, "test", 1}),
                   three = measure({&a, {{&a}, {&b, &a}}, {}, "test", 3});
  for (const auto& [k, l] : {std::pair{0, 0}, {0, 1}, {1, 1}}) {
    EXPECT_EQ(one.tensors[0].sums.product(k, l), three.tensors[0].sums.product(k, l));
  }
  EXPECT_EQ(one.tensors[0].sums.elements, static_cast<uint64_t>(elements));
  EXPECT_EQ(one.tensors[0].sums.changed(1), three.tensors[0].sums.changed(1));
}

TEST(Statistics, WhatIsNoNumberIsCountedWithItsFirstPlaceAndLeftOut) {
  const TempDir dir;
  const auto write = [&](const char* name, auto value) {
    return write_tensor(dir / name, Dtype::f32, {60, 50}, value);
  };
  const CheckpointReader base(write("base", [](uint64_t i) { return i == 2900 ? kInfinity : 1.0; })),
      instruct(write("instruct", [](uint64_t i) {
        return i == 1234 || i == 2000 ? kNan : i == 1300 ? -kInfinity : i == 2900 ? kNan : 3.0;
      }));
  const Statistics statistics = measure({&base, {{&base}, {&instruct, &base}}});
  const DirectionSums& sums = statistics.tensors.at(0).sums;
  EXPECT_EQ(sums.elements, 3000U);
  EXPECT_EQ(sums.left_out, 4U);
  EXPECT_EQ(sums.product(0, 0), 2996);
  EXPECT_EQ(sums.product(1, 1), 4 * 2996);
  EXPECT_EQ(sums.changed(1), 2996U);
  ASSERT_EQ(statistics.not_finite.size(), 2U);
  EXPECT_EQ(statistics.not_finite[0].reader, &base);
  EXPECT_EQ(statistics.not_finite[0].infinite, 1U);
  EXPECT_EQ(statistics.not_finite[0].first, 2900U);
  EXPECT_EQ(statistics.not_finite[1].nan, 3U);
  EXPECT_EQ(statistics.not_finite[1].infinite, 1U);
  EXPECT_EQ(statistics.not_finite[1].first, 1234U);
}

TEST(Statistics, AStoredResidualChangesAnElementWhereTheRoundedSumIsAnother) {
  const TempDir dir;
  const CheckpointReader base(write_tensor(dir / "base", Dtype::bf16, {4}, [](uint64_t) { return 1.0; })),
      residual(write_tensor(dir / "r", Dtype::f32, {4}, [](uint64_t i) {
        return std::vector<double>{0, 0x1p-20, 0x1p-7, -0.5}[i];  // 2^-20 is lost beside 1 in bf16
      }));
  const Statistics statistics = measure({&base, {{&base}, {&residual, nullptr, &base}, {&residual}}});
  EXPECT_EQ(statistics.tensors[0].sums.changed(1), 2U);
  EXPECT_EQ(statistics.tensors[0].sums.changed(2), 3U) << "without a base: what is not 0";
}

TEST(Statistics, TensorsWithoutArithmeticAreInNoSum) {
  const TempDir dir;
  const std::vector<TensorSpec> tensors = {{"ids", Dtype::i64, {3}}, {"w", Dtype::bf16, {2}}};
  const CheckpointReader model(
      test::write_checkpoint(dir / "m", tensors, [](const TensorSpec&, uint64_t) { return 2.0; }));
  const Statistics statistics = measure({&model, {{&model}}});
  EXPECT_EQ(statistics.tensors.at(0).sums.elements, 0U);
  EXPECT_EQ(statistics.tensors.at(1).sums.product(0, 0), 8);
}

TEST(Statistics, ATensorThatOneSideLacksIsAnError) {
  const TempDir dir;
  const CheckpointReader a(write_tensor(dir / "a", Dtype::f32, {2}, [](uint64_t) { return 1.0; })),
      b(pico_checkpoint(dir, "b"));
  expect_error(ErrorKind::input, "there is no tensor 'w'", [&] { measure({&a, {{&b, &a}}}); });
}

TEST(Statistics, RowsAreTakenWhereTheyAreAndMissingOnesLeftOut) {
  const TempDir dir;
  const auto write = [&](const char* name, int64_t rows, auto value) {
    return test::write_checkpoint(dir / name, {{"lm_head.weight", Dtype::bf16, {rows, 3}}},
                                  [=](const TensorSpec&, uint64_t i) { return value(i); });
  };
  const CheckpointReader a(write("a", 4, [](uint64_t i) { return static_cast<double>(i / 3 + 1); })),
      b(write("b", 3, [](uint64_t i) { return i == 7 ? kNan : static_cast<double>(10 * (i / 3)); }));
  // Rows 1, 2, 3, 4 of a are rows 2, 0, none and 1 of b.
  const Statistics statistics = measure({&a, {{&a}, {&b}}, {{&b, {2, 0, -1, 1}}}});
  const DirectionSums& sums = statistics.tensors.at(0).sums;
  EXPECT_EQ(sums.elements, 9U);
  EXPECT_EQ(sums.left_out, 1U);
  EXPECT_EQ(sums.product(0, 0), 2 * 1 + 3 * 4 + 3 * 16);
  EXPECT_EQ(sums.product(0, 1), 2 * (1 * 20) + 0 + 3 * (4 * 10));
  EXPECT_EQ(statistics.not_finite.at(0).first, 7U) << "where it is in its own file";
}

TEST(Statistics, AStopEndsThePass) {
  const TempDir dir;
  const CheckpointReader model(pico_checkpoint(dir, "m"));
  StopFlag stop;
  stop.request();
  expect_error(ErrorKind::interrupted, "inspect", [&] {
    measure({&model, {{&model}}, {}, "inspect", 1, {}, &stop});
  });
}

}  // namespace evergreen
