#include "evergreen/train/moving_average.hpp"

#include <gtest/gtest.h>

namespace evergreen {
namespace {

TEST(MovingAverage, FollowsItsFormulaFromTheFirstWeightsOn) {
  TrainedTensors tensors = {{"w", at::full({3}, 1.0F)}};
  MovingAverage average(tensors, 0.9);
  double expected = 1;
  for (int step = 1; step <= 5; ++step) {
    tensors[0].value.fill_(step);
    average.add();
    expected += 0.1 * (step - expected);
  }
  EXPECT_NEAR(average.averages()[0].value[1].item<double>(), expected, 1e-6);
  EXPECT_EQ(tensors[0].value[1].item<double>(), 5);
  average.copy_to_weights();
  EXPECT_NEAR(tensors[0].value[1].item<double>(), expected, 1e-6);
}

}  // namespace
}  // namespace evergreen
