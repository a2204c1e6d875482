#include "evergreen/study/cost.hpp"

#include <gtest/gtest.h>

namespace evergreen::study {

TEST(Cost, ASharedStepCountsForEachArmAndOnceInTheTotal) {
  Steps steps(4);
  steps[0].kind = StepKind::train;
  steps[1].kind = StepKind::evaluate, steps[1].inputs = {{"model", 0}};
  steps[2].kind = StepKind::graft, steps[2].inputs = {{"new-base", 0}};
  steps[3].kind = StepKind::evaluate, steps[3].inputs = {{"model", 2}};
  const std::vector<StepCost> costs = {{.flops = 1000}, {.flops = 10}, {.flops = 1}, {.flops = 20}};
  EXPECT_EQ(account_of(steps, costs, steps_needed(steps, 1)).total().flops, 1010);
  const Account grafted = account_of(steps, costs, steps_needed(steps, 3));
  EXPECT_EQ(grafted.total().flops, 1021);
  EXPECT_EQ(grafted.by_kind[static_cast<size_t>(StepKind::train)].flops, 1000);
  EXPECT_EQ(account_of(steps, costs, {0, 1, 2, 3}).total().flops, 1031);
}

TEST(Cost, EnergyIsCoreHoursTimesWatts) {
  EXPECT_DOUBLE_EQ(kilowatt_hours({.core_seconds = 7200}, 10), 0.02);
}

}  // namespace evergreen::study
