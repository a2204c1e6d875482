#include <hwy/targets.h>

#include "tests/kernels/cuda/arrays.hpp"

namespace evergreen::test {
namespace {

namespace cuda = kernels::cuda;

constexpr kernels::cpu::AdamWStep kStep{.rate = 0.01F,
                                        .kept = 0.999F,
                                        .one_minus_beta1 = 0.1F,
                                        .beta2 = 0.95F,
                                        .one_minus_beta2 = 0.05F,
                                        .eps = 1e-8F,
                                        .bias2_sqrt = 0.3F,
                                        .gradient_scale = 0.5F};

struct Elements {
  Element value, gradient, moments;
};
constexpr Elements kMixtures[] = {{Element::f32, Element::f32, Element::f32},
                                  {Element::f32, Element::bf16, Element::f32},
                                  {Element::bf16, Element::bf16, Element::bf16},
                                  {Element::bf16, Element::bf16, Element::f32}};

struct State {
  Array value, gradient, exp_avg, exp_avg_sq;
  State(const Elements& e, int64_t count, int shift)
      : value(e.value, random_floats(count, 1), shift),
        gradient(e.gradient, random_floats(count, 2), shift),
        exp_avg(e.moments, random_floats(count, 3, 0.1), shift),
        exp_avg_sq(e.moments, squares(random_floats(count, 4, 0.1)), shift) {}
  static std::vector<float> squares(std::vector<float> x) {
    for (float& v : x) v *= v;
    return x;
  }
  int step(const Elements& e, const cuda::Rounding& rounding) {
    return cuda::launch_adamw({value.data(), gradient.data(), exp_avg.data(), exp_avg_sq.data(), value.size(),
                               e.value, e.gradient, e.moments},
                              kStep, rounding, nullptr);
  }
};

TEST(CudaAdamWOnHost, EqualsFloat64ForEveryMixture) {
  for (const Elements& e : kMixtures) {
    for (const int shift : {0, 1}) {
      for (const int64_t count : {1, 7, 8, 1000, 4099}) {
        const State before(e, count, shift);
        State after(e, count, shift);
        ASSERT_EQ(after.step(e, {}), 0);
        std::vector<double> value, exp_avg, exp_avg_sq;
        for (int64_t i = 0; i < count; ++i) {
          const double g = before.gradient[i] * 0.5, m = before.exp_avg[i] + (g - before.exp_avg[i]) * 0.1,
                       v = before.exp_avg_sq[i] * 0.95 + g * g * 0.05;
          value.push_back(before.value[i] * 0.999 - 0.01 * m / (std::sqrt(v) / 0.3 + 1e-8));
          exp_avg.push_back(m), exp_avg_sq.push_back(v);
        }
        expect_close(after.value, value, e.value, "value");
        expect_close(after.exp_avg, exp_avg, e.moments, "average");
        expect_close(after.exp_avg_sq, exp_avg_sq, e.moments, "average of squares");
      }
    }
  }
}

TEST(CudaAdamWOnHost, ARangeTakesTheNumbersOfItsElements) {
  const Elements& e = kMixtures[2];
  constexpr int64_t kCount = 4099;
  cuda::Rounding rounding{true, {7, 3}};
  State whole(e, kCount, 0);
  ASSERT_EQ(whole.step(e, rounding), 0);
  for (const int64_t first : {0, 7, 8, 333}) {
    State part(e, kCount, 0);
    rounding.first = static_cast<uint64_t>(first);
    ASSERT_EQ(cuda::launch_adamw({static_cast<uint16_t*>(part.value.data()) + first,
                                  static_cast<uint16_t*>(part.gradient.data()) + first,
                                  static_cast<uint16_t*>(part.exp_avg.data()) + first,
                                  static_cast<uint16_t*>(part.exp_avg_sq.data()) + first, kCount - first,
                                  e.value, e.gradient, e.moments},
                                 kStep, rounding, nullptr),
              0);
    for (int64_t i = first; i < kCount; ++i) {
      ASSERT_EQ(part.value[i], whole.value[i]) << first << ", " << i;
      ASSERT_EQ(part.exp_avg_sq[i], whole.exp_avg_sq[i]) << first << ", " << i;
    }
  }
}

TEST(CudaAdamWOnHost, HasTheBitsOfTheKernelForCpusWithFusedMultiplyAdd) {
  constexpr int64_t kCount = 1003;
  State a(kMixtures[0], kCount, 0), b(kMixtures[0], kCount, 0);
  const bool fused = (hwy::SupportedTargets() & (HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL | HWY_NEON)) != 0;
  if (!fused) GTEST_SKIP() << "this CPU has no fused multiply-add";
  ASSERT_EQ(a.step(kMixtures[0], {}), 0);
  const auto floats = [](Array& x) { return static_cast<float*>(x.data()); };
  kernels::cpu::adamw_rows(floats(b.value), floats(b.gradient), floats(b.exp_avg), floats(b.exp_avg_sq),
                           kCount, kStep);
  for (int64_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(a.value[i], b.value[i]) << i;
    ASSERT_EQ(a.exp_avg[i], b.exp_avg[i]) << i;
    ASSERT_EQ(a.exp_avg_sq[i], b.exp_avg_sq[i]) << i;
  }
}

// The definition: 16 bits each of the element's number in the stream decide whether to go up.
double stochastic(double nearest_f32, uint64_t bits16) {
  const uint32_t bits = cuda::bits_of(static_cast<float>(nearest_f32));
  const bool up = (bits & 0xFFFFU) + bits16 > 0xFFFFU;
  return cuda::float_of((bits & 0xFFFF0000U) + (up ? 0x10000U : 0U));
}

TEST(CudaAdamWOnHost, StochasticRoundingIsAFunctionOfTheStreamAndTheElement) {
  const RandomStream stream(42, "adamw.model.norm.weight", 17);
  const cuda::Rounding rounding{true, {stream.key(), stream.element()}};
  const Elements exact = kMixtures[0], narrow = kMixtures[2];
  for (const int shift : {0, 1}) {
    constexpr int64_t kCount = 1003;
    State got(narrow, kCount, shift);
    ASSERT_EQ(got.step(narrow, rounding), 0);
    // The same inputs (bfloat16) with results in float32.
    const State inputs(narrow, kCount, 0);
    const auto wide = [&](const Array& x) {
      std::vector<float> out;
      for (int64_t i = 0; i < kCount; ++i) out.push_back(static_cast<float>(x[i]));
      return Array(Element::f32, out);
    };
    State full(exact, kCount, 0);
    full.value = wide(inputs.value), full.gradient = wide(inputs.gradient);
    full.exp_avg = wide(inputs.exp_avg), full.exp_avg_sq = wide(inputs.exp_avg_sq);
    ASSERT_EQ(full.step(exact, {}), 0);
    for (int64_t i = 0; i < kCount; ++i) {
      const uint64_t bits = stream.at(static_cast<uint64_t>(i));
      ASSERT_EQ(got.value[i], stochastic(full.value[i], bits & 0xFFFFU)) << i;
      ASSERT_EQ(got.exp_avg[i], stochastic(full.exp_avg[i], bits >> 16 & 0xFFFFU)) << i;
      ASSERT_EQ(got.exp_avg_sq[i], stochastic(full.exp_avg_sq[i], bits >> 32 & 0xFFFFU)) << i;
    }
  }
}

TEST(CudaAdamWOnHost, MixturesWithoutAKernelAreRefused) {
  EXPECT_FALSE(cuda::has_adamw(Element::f32, Element::f32, Element::bf16));
  State state({Element::bf16, Element::f32, Element::f32}, 8, 0);
  EXPECT_NE(state.step({Element::bf16, Element::f32, Element::f32}, {}), 0);
}

TEST(CudaBfloat16, RoundingToNearestAndStochasticRoundingKeepWhatIsExact) {
  for (const float x : {0.0F, -0.0F, 1.0F, -3.5F, INFINITY, -INFINITY}) {
    const uint16_t exact = static_cast<uint16_t>(cuda::bits_of(x) >> 16);
    EXPECT_EQ(cuda::nearest_bfloat16(x), exact);
    EXPECT_EQ(cuda::stochastic_bfloat16(x, 0xFFFFU), exact);
  }
  EXPECT_TRUE(std::isnan(cuda::widened(cuda::stochastic_bfloat16(NAN, 0))));
  EXPECT_TRUE(std::isnan(cuda::widened(cuda::nearest_bfloat16(cuda::float_of(0x7F800001U)))));
  EXPECT_EQ(cuda::widened(cuda::nearest_bfloat16(1.0F + 0x1p-8F)), 1.0F) << "ties to even";
  EXPECT_EQ(cuda::widened(cuda::nearest_bfloat16(1.0F + 0x3p-8F)), 1.0F + 0x1p-6F) << "ties to even";
}

TEST(CudaBfloat16, TheMeanOfStochasticRoundingIsTheValue) {
  const RandomStream stream(1, "test");
  const float x = 1.0F + 0x1p-10F;  // an eighth of the way to the next bfloat16: to nearest it is always lost
  double sum = 0;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    sum += cuda::widened(
        cuda::stochastic_bfloat16(x, static_cast<uint32_t>(stream.at(static_cast<uint64_t>(i)))));
  }
  // Standard error 2^-7 * sqrt(1/8 * 7/8 / 20000) = 1.8e-5; four of them.
  EXPECT_NEAR(sum / kDraws, static_cast<double>(x), 7.3e-5);
}

}  // namespace
}  // namespace evergreen::test
