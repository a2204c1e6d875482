#include "evergreen/train/schedule.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {

TEST(Schedule, WarmsUpLinearlyToThePeak) {
  const Schedule s{.kind = ScheduleKind::constant, .peak = 1.0, .warmup_steps = 4, .total_steps = 10};
  EXPECT_DOUBLE_EQ(learning_rate(s, 0), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate(s, 3), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(s, 9), 1.0);
}

TEST(Schedule, CosineIsHalfWayDownAtHalfTheSteps) {
  const Schedule s{
      .kind = ScheduleKind::cosine, .peak = 1.0, .min_ratio = 0.2, .warmup_steps = 10, .total_steps = 110};
  EXPECT_DOUBLE_EQ(learning_rate(s, 10), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(s, 60), 0.6);
  EXPECT_NEAR(learning_rate(s, 109), 0.2, 1e-3);
}

TEST(Schedule, WsdIsStableThenFallsToItsFloor) {
  const Schedule s{.kind = ScheduleKind::wsd,
                   .peak = 1.0,
                   .min_ratio = 0.0,
                   .warmup_steps = 0,
                   .decay_steps = 5,
                   .total_steps = 20};
  EXPECT_DOUBLE_EQ(learning_rate(s, 14), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(s, 15), 0.8);
  EXPECT_DOUBLE_EQ(learning_rate(s, 19), 0.0);
}

TEST(Schedule, InfiniteCoolsDownStaysAndDecays) {
  const Schedule s{.kind = ScheduleKind::infinite,
                   .peak = 1.0,
                   .min_ratio = 0.0,
                   .warmup_steps = 10,
                   .decay_steps = 20,
                   .cooldown_steps = 40,
                   .constant_ratio = 0.4,
                   .total_steps = 200};
  EXPECT_DOUBLE_EQ(learning_rate(s, 9), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(s, 10), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(s, 30), 0.7);
  EXPECT_NEAR(learning_rate(s, 50), 0.4, 1e-12);
  EXPECT_NEAR(learning_rate(s, 179), 0.4, 1e-12);
  EXPECT_NEAR(learning_rate(s, 189), 0.2, 1e-12);
  EXPECT_NEAR(learning_rate(s, 199), 0.0, 1e-12);
}

TEST(Schedule, TheDecayHasAShape) {
  Schedule s{.kind = ScheduleKind::wsd, .peak = 1.0, .min_ratio = 0.01, .decay_steps = 4, .total_steps = 10};
  s.decay = DecayShape::sqrt;
  EXPECT_NEAR(learning_rate(s, 6), 1 - 0.99 * 0.5, 1e-12);
  s.decay = DecayShape::exponential;
  EXPECT_NEAR(learning_rate(s, 7), 0.1, 1e-12);
  for (const DecayShape shape : {DecayShape::linear, DecayShape::sqrt, DecayShape::exponential}) {
    s.decay = shape;
    EXPECT_DOUBLE_EQ(learning_rate(s, 5), 1.0);
    EXPECT_NEAR(learning_rate(s, 9), 0.01, 1e-12);
    EXPECT_EQ(decay_from_name(decay_name(shape)), shape);
  }
}

TEST(Schedule, AMisspeltNameGetsTheNearestOne) {
  test::expect_error(ErrorKind::usage, "did you mean 'cosine'?", [] { schedule_from_name("cosin"); });
}

}  // namespace evergreen
