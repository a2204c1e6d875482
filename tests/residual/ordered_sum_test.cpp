#include "evergreen/residual/ordered_sum.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(OrderedSum, ElementsSixteenApartMeetFirst) {
  OrderedSum sum;
  sum.add(0, 1e16);
  sum.add(1, 1);
  sum.add(16, -1e16);
  sum.add(17, 1);
  EXPECT_EQ(sum.total(), 2);  // one element after the other it would be 1 + 1 lost in 1e16
}

TEST(OrderedSum, AccumulatorsAreFoldedFromTheFarHalf) {
  OrderedSum sum;
  sum.add(0, 1e16);
  sum.add(8, -1e16);
  sum.add(4, 1);
  EXPECT_EQ(sum.total(), 1);
  sum = {};
  sum.add(0, 1e16);
  sum.add(4, 1);
  sum.add(2, -1e16);
  EXPECT_EQ(sum.total(), 0);  // 4 is added before 2: what is lost is lost
}

TEST(OrderedSum, OfNothingIsZero) { EXPECT_EQ(OrderedSum().total(), 0); }

}  // namespace evergreen
