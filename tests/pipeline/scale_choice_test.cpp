#include "evergreen/pipeline/scale_choice.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace evergreen {
namespace {

double chosen(const std::vector<ScalePoint>& points) { return points[choose_scale(points).chosen].scale; }

}  // namespace

TEST(ScaleChoice, OfScalesWithinOneStandardErrorTheOneThatKnowsTheTextBestIsChosen) {
  const std::vector<ScalePoint> points = {{0.5, 0.40, 0.05, 10.0},
                                          {0.8, 0.77, 0.04, 10.2},  // within 0.04 of 0.80
                                          {1.0, 0.80, 0.04, 10.5},  // the best
                                          {1.2, 0.78, 0.04, 11.0}};
  const ScaleChoice choice = choose_scale(points);
  EXPECT_EQ(choice.best, 2U);
  EXPECT_EQ(choice.as_good, (std::vector<bool>{false, true, true, true}));
  EXPECT_EQ(choice.chosen, 1U);
}

TEST(ScaleChoice, AScaleOneStandardErrorBelowIsAsGoodAndOneBeyondItIsNot) {
  EXPECT_EQ(chosen({{0.5, 0.75, 0.1, 1}, {1.0, 1.0, 0.25, 2}}), 0.5);
  EXPECT_EQ(chosen({{0.5, 0.74, 0.1, 1}, {1.0, 1.0, 0.25, 2}}), 1.0);
}

TEST(ScaleChoice, OfEqualsTheSmallestIsChosenWhateverTheirOrder) {
  EXPECT_EQ(chosen({{1.5, 0.9, 0.1, 7}, {0.7, 0.9, 0.1, 7}, {1.0, 0.9, 0.1, 7}}), 0.7);
}

TEST(ScaleChoice, WhereNoPromptIsFollowedAtAnyScaleTheOneNearestToOneIsKept) {
  const std::vector<ScalePoint> points = {{0.5, 0, 0, 9}, {0.9, 0, 0, 10}, {1.5, 0, 0, 8}};
  EXPECT_TRUE(choose_scale(points).undecided);
  EXPECT_EQ(chosen(points), 0.9);
}

TEST(ScaleChoice, AStandardErrorThatIsNotThereLeavesTheBestAlone) {
  EXPECT_EQ(chosen({{0.5, 0.89, 0.1, 1}, {1.0, 0.9, std::nan(""), 2}}), 1.0);
}

}  // namespace evergreen
