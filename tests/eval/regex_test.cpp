#include "evergreen/eval/regex.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {

TEST(Regex, FindsInsideAndMatchesTheWhole) {
  const Regex number("[0-9]+");
  EXPECT_TRUE(number.found_in("about 12 of them"));
  EXPECT_FALSE(number.matches("about 12 of them"));
  EXPECT_TRUE(number.matches("12"));
  EXPECT_TRUE(Regex("a|ab").matches("ab"));
}

TEST(Regex, KnowsUnicodeAndCase) {
  EXPECT_TRUE(Regex(R"(\p{Lu}\w+)").matches("\u00c9cole"));
  EXPECT_TRUE(Regex("\u00e9cole", true).matches("\u00c9COLE"));
  EXPECT_TRUE(
      Regex("a.b").matches("a\xff"
                           "b"));
}

TEST(Regex, APatternThatDoesNotCompileSaysWhere) {
  test::expect_error(ErrorKind::input, "does not compile at byte 4", [] { Regex("ab(c"); });
}

TEST(Regex, AMatchWithoutEndIsAnError) {
  std::string text(60, 'a');
  text.push_back('!');
  test::expect_error(ErrorKind::input, "cannot be matched", [&] { Regex("(a|aa)+$").found_in(text); });
}

}  // namespace evergreen
