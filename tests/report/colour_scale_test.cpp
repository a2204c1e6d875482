#include "evergreen/report/colour_scale.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace evergreen {
namespace {

double distance(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

struct Steps {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  int rises = 0, falls = 0;  // of the lightness
};

Steps steps(ColourScale scale, Ground ground, double from, double to) {
  constexpr int kCount = 16;  // coarse enough that rounding to 8 bits does not matter
  Steps seen;
  for (int i = 0; i < kCount; ++i) {
    const auto at = [&](int n) {
      return to_oklab(colour_at(scale, ground, from + (to - from) * n / kCount));
    };
    const double step = distance(at(i), at(i + 1));
    seen.least = std::min(seen.least, step);
    seen.most = std::max(seen.most, step);
    (at(i + 1)[0] > at(i)[0] ? seen.rises : seen.falls) += 1;
  }
  return seen;
}

}  // namespace

TEST(ColourScale, EqualStepsLookEqual) {
  for (const Ground ground : {Ground::light, Ground::dark}) {
    for (const auto& [scale, from, to] : {std::tuple{ColourScale::sequential, 0.0, 1.0},
                                          {ColourScale::diverging, -1.0, 0.0},
                                          {ColourScale::diverging, 0.0, 1.0}}) {
      const Steps seen = steps(scale, ground, from, to);
      EXPECT_LT(seen.most / seen.least, 1.25) << "from " << from;
      EXPECT_GT(seen.least, 0.02) << "neighbours can be told apart";
    }
  }
}

TEST(ColourScale, LightnessAloneTellsTheOrder) {
  EXPECT_EQ(steps(ColourScale::sequential, Ground::light, 0, 1).falls, 16);
  EXPECT_EQ(steps(ColourScale::sequential, Ground::dark, 0, 1).rises, 16);
  EXPECT_EQ(steps(ColourScale::diverging, Ground::light, 0, 1).falls, 16);
  EXPECT_EQ(steps(ColourScale::diverging, Ground::dark, -1, 0).falls, 16);
}

TEST(ColourScale, SmallValuesSinkIntoTheGround) {
  EXPECT_GT(to_oklab(colour_at(ColourScale::sequential, Ground::light, 0))[0], 0.95);
  EXPECT_LT(to_oklab(colour_at(ColourScale::sequential, Ground::dark, 0))[0], 0.3);
  EXPECT_TRUE(wants_dark_text(colour_at(ColourScale::sequential, Ground::light, 0)));
  EXPECT_FALSE(wants_dark_text(colour_at(ColourScale::sequential, Ground::light, 1)));
}

TEST(ColourScale, BothSidesOfZeroAreBlueAndOrange) {
  for (const Ground ground : {Ground::light, Ground::dark}) {
    const Rgb negative = colour_at(ColourScale::diverging, ground, -1),
              positive = colour_at(ColourScale::diverging, ground, 1);
    EXPECT_GT(negative.blue, negative.red);
    EXPECT_GT(positive.red, positive.blue);
    // To equal lightness: neither side looks larger than the other.
    EXPECT_NEAR(to_oklab(negative)[0], to_oklab(positive)[0], 0.02);
  }
}

TEST(ColourScale, WhatIsBeyondIsCutOff) {
  for (const ColourScale scale : {ColourScale::sequential, ColourScale::diverging}) {
    EXPECT_EQ(colour_at(scale, Ground::light, 7), colour_at(scale, Ground::light, 1));
    EXPECT_EQ(colour_at(scale, Ground::light, std::nan("")), colour_at(scale, Ground::light, 0));
  }
  EXPECT_EQ(to_hex({0, 10, 255}), "#000aff");
}

TEST(ColourScale, OklabIsThatOfItsAuthor) {  // pairs of the table in Ottosson's page: white, and sRGB red
  const auto white = to_oklab({255, 255, 255}), red = to_oklab({255, 0, 0});
  EXPECT_NEAR(white[0], 1, 1e-4);
  EXPECT_NEAR(white[1], 0, 1e-4);
  EXPECT_NEAR(white[2], 0, 1e-4);
  EXPECT_NEAR(red[0], 0.6280, 1e-4);
  EXPECT_NEAR(red[1], 0.2249, 1e-4);
  EXPECT_NEAR(red[2], 0.1258, 1e-4);
}

}  // namespace evergreen
