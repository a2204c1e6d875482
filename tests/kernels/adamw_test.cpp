#include "evergreen/kernels/adamw.hpp"

#include <ATen/Parallel.h>

#include "evergreen/base/error.hpp"
#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

constexpr kernels::cpu::AdamWStep kStep{.rate = 0.01F,
                                        .kept = 0.999F,
                                        .one_minus_beta1 = 0.1F,
                                        .beta2 = 0.95F,
                                        .one_minus_beta2 = 0.05F,
                                        .eps = 1e-8F,
                                        .bias2_sqrt = 0.3F,
                                        .gradient_scale = 0.5F};

kernels::AdamWTensors random_state(at::ScalarType type, at::ScalarType gradient, at::ScalarType moments) {
  return {random_tensor({5, 4001}, 1).to(type), random_tensor({5, 4001}, 2).to(gradient),
          random_tensor({5, 4001}, 3, 0.1).to(moments),
          random_tensor({5, 4001}, 4, 0.1).square().to(moments)};
}

TEST(AdamWStep, EqualsItsReferenceForEveryMixture) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    for (const at::ScalarType gradient : {at::kFloat, at::kBFloat16}) {
      for (const at::ScalarType moments : {at::kFloat, at::kBFloat16}) {
        const kernels::AdamWTensors state = random_state(type, gradient, moments);
        const kernels::AdamWTensors expected = kernels::adamw_step_reference(state, kStep);
        kernels::adamw_step(state, kStep);
        const auto tolerance = [](const at::Tensor& x) {
          return x.scalar_type() == at::kFloat ? 1e-6 : 4e-3;
        };
        EXPECT_LE(relative_error(state.value, expected.value), tolerance(state.value));
        EXPECT_LE(relative_error(state.exp_avg, expected.exp_avg), tolerance(state.exp_avg));
        EXPECT_LE(relative_error(state.exp_avg_sq, expected.exp_avg_sq), tolerance(state.exp_avg_sq));
      }
    }
  }
}

TEST(AdamWStep, StochasticRoundingIsAFunctionOfTheStreamAndNotOfThreads) {
  const auto stepped = [](const RandomStream& rounding, int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const kernels::AdamWTensors state = random_state(at::kBFloat16, at::kBFloat16, at::kBFloat16);
    kernels::adamw_step(state, kStep, rounding);
    at::set_num_threads(before);
    return state.value;
  };
  const RandomStream stream(42, "adamw.some.weight", 3);
  const at::Tensor one = stepped(stream, 1);
  EXPECT_TRUE(at::equal(one, stepped(stream, 3)));
  EXPECT_FALSE(at::equal(one, stepped(RandomStream(42, "adamw.some.weight", 4), 1))) << "another step";
  EXPECT_FALSE(at::equal(one, stepped(RandomStream(42, "adamw.other.weight", 3), 1))) << "another tensor";
}

TEST(AdamWStep, ARangeTakesTheNumbersOfItsElements) {
  const RandomStream stream(42, "adamw.some.weight", 3);
  const kernels::AdamWTensors whole = random_state(at::kBFloat16, at::kBFloat16, at::kBFloat16);
  const auto range = [](const at::Tensor& x) { return x.view({-1}).narrow(0, 333, 5000).clone(); };
  const kernels::AdamWTensors part{range(whole.value), range(whole.gradient), range(whole.exp_avg),
                                   range(whole.exp_avg_sq)};
  kernels::adamw_step(whole, kStep, stream);
  kernels::adamw_step(part, kStep, stream, 333);
  EXPECT_TRUE(at::equal(part.value, range(whole.value)));
  EXPECT_TRUE(at::equal(part.exp_avg, range(whole.exp_avg)));
  EXPECT_TRUE(at::equal(part.exp_avg_sq, range(whole.exp_avg_sq)));
}

// Steps of a thousandth of the distance between neighbouring values: rounded to nearest they never arrive.
TEST(AdamWStep, StochasticRoundingKeepsWhatIsTooSmallForTheNearestValue) {
  kernels::cpu::AdamWStep small = kStep;
  small.rate = 1e-5F, small.kept = 1.0F, small.bias2_sqrt = 1.0F, small.eps = 0.0F;
  small.one_minus_beta1 = 1.0F, small.beta2 = 0.0F,
  small.one_minus_beta2 = 1.0F;  // each step moves by the rate
  const auto moved = [&](bool stochastic) {
    const kernels::AdamWTensors state{at::ones({4096}, at::kBFloat16), at::full({4096}, -1.0, at::kBFloat16),
                                      at::zeros({4096}, at::kBFloat16), at::zeros({4096}, at::kBFloat16)};
    for (uint64_t step = 0; step < 100; ++step) {
      kernels::adamw_step(state, small,
                          stochastic ? std::optional(RandomStream(1, "adamw.x", step)) : std::nullopt);
    }
    return state.value.to(at::kDouble).mean().item<double>() - 1.0;
  };
  EXPECT_EQ(moved(false), 0.0);
  EXPECT_NEAR(moved(true), 100 * 1e-5, 1.5e-4);  // standard error 2^-7 * sqrt(0.128 / 4096) = 4.4e-5
}

TEST(AdamWStep, OtherTypesAreRefused) {
  const kernels::AdamWTensors state = random_state(at::kDouble, at::kFloat, at::kFloat);
  EXPECT_THROW(kernels::adamw_step(state, kStep), Error);
}

}  // namespace
}  // namespace evergreen::test
