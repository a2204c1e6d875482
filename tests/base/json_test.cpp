#include "evergreen/base/json.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;

TEST(Json, NamesTheLineWhereItBreaksOff) {
  expect_error(ErrorKind::input, "line 2, column 7", [] { parse_json("{\n \"a\": ]}", "x.json"); });
}

TEST(Json, RefusesANameThatOccursTwiceInOneObjectOnly) {
  expect_error(ErrorKind::input, "'a' occurs twice", [] { parse_json(R"({"a":1,"b":{"c":2},"a":3})", "x"); });
  EXPECT_EQ(parse_json(R"([{"a":1},{"a":2}])", "x").size(), 2U);
}

TEST(Json, RefusesNestingThatIsTooDeep) {
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  expect_error(ErrorKind::input, "nested deeper than 128", [&] { parse_json(deep, "x"); });
  EXPECT_NO_THROW(parse_json(std::string(128, '[') + std::string(128, ']'), "x"));
}

TEST(Json, MembersOfAnotherTypeAreNamed) {
  const Json json = parse_json(R"({"n":-1,"x":1.5,"s":"t","z":null,"big":5000000000})", "x");
  EXPECT_EQ(json_get<int>(json, "n", "x"), -1);
  expect_error(ErrorKind::input, "'n' is negative", [&] { json_get<uint64_t>(json, "n", "x"); });
  expect_error(ErrorKind::input, "'x' is not a whole number", [&] { json_get<int>(json, "x", "x"); });
  expect_error(ErrorKind::input, "'big' is out of range", [&] { json_get<int>(json, "big", "x"); });
  expect_error(ErrorKind::input, "'z' is missing", [&] { json_get<int>(json, "z", "x"); });
  EXPECT_EQ(json_get_or<std::string>(json, "none", "default", "x"), "default");
}

TEST(Json, AZeroByteDoesNotEndTheText) {
  using namespace std::string_view_literals;
  test::expect_error(ErrorKind::input, "zero byte", [] { parse_json("[1]\0[2]"sv, "x"); });
}

}  // namespace evergreen
