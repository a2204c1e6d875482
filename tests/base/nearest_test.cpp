#include "evergreen/base/nearest.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(NearestName, FindsTheMisspeltOne) {
  const std::vector<std::string> names = {"ifeval", "gsm8k", "hellaswag"};
  EXPECT_EQ(suggest_name("ifevla", names), "did you mean 'ifeval'?");
  EXPECT_EQ(suggest_name("something", names), "known: ifeval, gsm8k, hellaswag");
}

}  // namespace evergreen
