#include "evergreen/train/step_guard.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

StepGuard guard_after(int steps, GuardOptions options) {
  StepGuard guard(options);
  for (int i = 0; i < steps; ++i) guard.good(2.0 + 0.01 * (i % 3));
  return guard;
}

TEST(StepGuard, WhatIsNotFiniteIsAlwaysAFault) {
  const StepGuard guard({});
  EXPECT_EQ(guard.fault(NAN, 1), "the loss is not finite");
  EXPECT_EQ(guard.fault(2, INFINITY), "the gradient is not finite");
  EXPECT_FALSE(guard.fault(1e9, 1e9));
}

TEST(StepGuard, ASpikeIsMeasuredFromTheMedianOfGoodSteps) {
  const StepGuard guard = guard_after(10, {.spike = 1.0});
  EXPECT_FALSE(guard.fault(3.0, 1));
  EXPECT_EQ(guard.fault(3.2, 1), "the loss is 3.200, the median of the 10 steps before it 2.010");
  EXPECT_FALSE(guard_after(9, {.spike = 1.0}).fault(9, 1)) << "too few steps to know what is usual";
}

TEST(StepGuard, TheWindowForgetsOldSteps) {
  StepGuard guard = guard_after(60, {.spike = 1.0});
  for (int i = 0; i < 50; ++i) guard.good(5.0);
  EXPECT_FALSE(guard.fault(5.5, 1));
}

TEST(StepGuard, TooManyInARowAreAnError) {
  StepGuard guard({.on_fault = OnFault::skip, .max_skipped = 3});
  for (int i = 0; i < 3; ++i) guard.skipped();
  guard.good(2.0);
  for (int i = 0; i < 3; ++i) guard.skipped();
  test::expect_error(ErrorKind::input, "4 steps in a row", [&] { guard.skipped(); });
}

TEST(StepGuard, AMisspeltChoiceGetsTheNearestOne) {
  EXPECT_EQ(on_fault_from_name("skip"), OnFault::skip);
  test::expect_error(ErrorKind::usage, "did you mean 'stop'?", [] { on_fault_from_name("stp"); });
}

}  // namespace
}  // namespace evergreen
