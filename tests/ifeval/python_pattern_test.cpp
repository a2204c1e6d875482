#include "evergreen/ifeval/python_pattern.hpp"

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::ifeval {
namespace {

TEST(PythonPattern, FindsWhatPythonFinds) {
  const auto& texts = test::golden_texts();
  for (const Json& golden : test::golden_lines("patterns.jsonl")) {
    const auto source = golden.at("pattern").get<std::string>(),
               flags = golden.at("flags").get<std::string>();
    const PythonPattern pattern(source, {.ignore_case = flags == "i", .multiline = flags == "m"});
    for (size_t t = 0; t < texts.size(); ++t) {
      const std::string text = test::text_of(texts[t]);
      const auto count = golden.at("counts").at(t).get<size_t>();
      EXPECT_EQ(pattern.count(text), count) << source << "\n" << text;
      EXPECT_EQ(pattern.found_in(text), count > 0) << source << "\n" << text;
    }
  }
}

TEST(PythonPattern, RefusesWhatPythonRefuses) {
  for (const Json& pattern : read_json(evergreen::test::golden_path("ifeval/refused_patterns.json"))) {
    EXPECT_THROW(PythonPattern(pattern.get<std::string>()), Error) << pattern;
  }
}

TEST(PythonPattern, EndsWhereAPatternWouldRunForever) {
  const PythonPattern pattern("(a+)+(b|c)$");
  evergreen::test::expect_error(ErrorKind::input, "cannot be searched for",
                                [&] { pattern.count(std::string(200, 'a') + "d"); });
}

TEST(PythonPattern, ReplacesWithGroups) {
  EXPECT_EQ(PythonPattern("(a)(b)?").replace("xabay", R"(<\1|\2|\0>)"), "x<a|b|ab><a||a>y");
  EXPECT_EQ(PythonPattern("x*").replace("abxd", "-"), "-a-b--d-");
}

TEST(PythonPattern, KnowsALiteral) {
  EXPECT_TRUE(is_literal_pattern("well-known words"));
  EXPECT_FALSE(is_literal_pattern("c++"));
  EXPECT_FALSE(is_literal_pattern("a.b"));
}

TEST(PythonPattern, HasTheWordsOfThePackageRegexToo) {
  const std::string text = "e\u0301 \u00B2";
  EXPECT_EQ(PythonPattern(R"(\w+)").count(text), 2U);                          // e, superscript two
  EXPECT_EQ(PythonPattern(R"(\w+)", {.regex_module = true}).count(text), 1U);  // e with its mark
}

TEST(PythonPattern, FindsAllMatchesAsTheirGroups) {
  using Matches = std::vector<std::vector<std::string>>;
  EXPECT_EQ(PythonPattern("[0-9]+").find_all("1 and 22"), (Matches{{"1"}, {"22"}}));
  EXPECT_EQ(PythonPattern("(a)|(b)").find_all("ab"), (Matches{{"a", ""}, {"", "b"}}));
  EXPECT_EQ(PythonPattern("x*").find_all("axb"), (Matches{{""}, {"x"}, {""}, {""}}));
  EXPECT_TRUE(PythonPattern("z").find_all("ab").empty());
}

}  // namespace
}  // namespace evergreen::ifeval
