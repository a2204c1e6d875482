#include "evergreen/residual/direction_sums.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(DirectionSums, GiveNormsAndCosinesAndAddUp) {
  DirectionSums a(2), b(2);
  a.product(0, 0) = 9;
  a.product(1, 1) = 4;
  a.product(0, 1) = -6;
  a.elements = 5;
  EXPECT_EQ(a.product(1, 0), -6);
  EXPECT_EQ(*a.cosine(0, 1), -1);
  EXPECT_FALSE(b.cosine(0, 1));
  EXPECT_FALSE(b.relative(1, 0));
  b.product(0, 0) = 16;
  b.add(a);
  EXPECT_EQ(b.norm(0), 5);
  EXPECT_EQ(b.elements, 5U);
}

}  // namespace evergreen
