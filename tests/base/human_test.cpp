#include "evergreen/base/human.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(Human, NumbersHaveAboutThreeDigitsAndAUnit) {
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(2'470'000'000), "2.47 GB");
  EXPECT_EQ(human_bytes(24'700'000), "24.7 MB");
  EXPECT_EQ(human_count(9999), "9999");
  EXPECT_EQ(human_count(12'345), "12.3 k");
  EXPECT_EQ(human_count(1'235'814'400), "1236 M");
  EXPECT_EQ(human_seconds(3.42), "3.4 s");
  EXPECT_EQ(human_seconds(7320), "2 h 2 min");
  EXPECT_EQ(human_number(0.012345), "0.0123");
  EXPECT_EQ(human_number(-0.0000015), "-1.5e-06");
}

}  // namespace evergreen
