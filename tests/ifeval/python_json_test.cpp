#include "evergreen/ifeval/python_json.hpp"

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"

namespace evergreen::ifeval {
namespace {

TEST(PythonJson, TakesWhatJsonLoadsTakes) {
  size_t taken = 0;
  for (const Json& golden : test::golden_texts()) {
    EXPECT_EQ(is_python_json(test::text_of(golden)), golden.at("json").get<bool>()) << test::text_of(golden);
    taken += golden.at("json").get<bool>();
  }
  EXPECT_GT(taken, 15U);
}

TEST(PythonJson, StopsAtAThousandLevels) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(is_python_json(nested(900)));
  EXPECT_FALSE(is_python_json(nested(100000)));
  EXPECT_FALSE(is_python_json(std::string(1000000, '[')));
}

TEST(PythonJson, RefusesTextsThatEndTooEarly) {
  const std::string whole = R"({"a": [1, -2.5e3, "\u00e9\n", true, false, null, NaN], "b": {}})";
  EXPECT_TRUE(is_python_json(whole));
  for (size_t n = 0; n < whole.size(); ++n)
    EXPECT_FALSE(is_python_json(std::string_view(whole).substr(0, n))) << n;
}

}  // namespace
}  // namespace evergreen::ifeval
