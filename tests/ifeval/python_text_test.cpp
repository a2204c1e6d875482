#include "evergreen/ifeval/python_text.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"

namespace evergreen::ifeval {
namespace {

TEST(PythonText, LowersStripsAndJudgesTheCaseOfTextsAsPythonDoes) {
  for (const Json& golden : test::golden_texts()) {
    const std::string text = test::text_of(golden);
    EXPECT_EQ(lower(text), golden.at("lower").get<std::string>()) << text;
    EXPECT_EQ(strip(text), golden.at("strip").get<std::string>()) << text;
    EXPECT_EQ(all_upper(text), golden.at("isupper").get<bool>()) << text;
    EXPECT_EQ(all_lower(text), golden.at("islower").get<bool>()) << text;
    EXPECT_EQ(count_words(text), golden.at("num_words").get<size_t>()) << text;
  }
}

// The golden ranges are of the code points that Unicode 14 assigns; others in between belong to no range's ends.
TEST(PythonText, PutsEveryCodePointIntoPythonsClasses) {
  const Json classes = read_json(evergreen::test::golden_path("ifeval/classes.json"));
  const std::vector<std::pair<const char*, std::function<bool(char32_t)>>> ours = {
      {"word", is_word},   {"space", is_space}, {"decimal", is_decimal},
      {"upper", is_upper}, {"lower", is_lower}, {"title", is_title}};
  for (const auto& [name, test] : ours) {
    size_t members = 0;
    for (const Json& range : classes.at(name)) {
      EXPECT_TRUE(test(range.at(0).get<char32_t>())) << name << " " << range;
      EXPECT_TRUE(test(range.at(1).get<char32_t>())) << name << " " << range;
      members += range.at(1).get<size_t>() - range.at(0).get<size_t>() + 1;
    }
    size_t found = 0;
    for (char32_t c = 0; c < 0x110000; ++c) found += test(c);
    EXPECT_GE(found, members * 6 / 10) << name;  // unassigned code points inside of a range are not members
    EXPECT_LE(found, members + members / 20) << name;  // and newer versions of Unicode have more
  }
}

TEST(PythonText, FoldsWhatPythonFindsEqualWithoutCase) {
  EXPECT_EQ(fold("\u212Aelvin"), fold("kELVIN"));
  EXPECT_EQ(fold("\u017Fpring"), fold("SPRING"));
  EXPECT_EQ(fold("\u0131nk"), fold("\u0130NK"));
  EXPECT_EQ(fold("\u03A3\u03C2"), fold("\u03C3\u03C3"));
  EXPECT_EQ(fold("\u00B5"), fold("\u03BC"));
  EXPECT_NE(fold("\u00E9"), fold("e"));
  EXPECT_NE(fold("\u00DF"), fold("ss"));
}

TEST(PythonText, WritesASigmaAtTheEndOfAWordInItsFinalForm) {
  EXPECT_EQ(lower("\u039F\u0394\u039F\u03A3"), "\u03BF\u03B4\u03BF\u03C2");
  EXPECT_EQ(lower("\u03A3\u03A3 \u03A3"), "\u03C3\u03C2 \u03C3");
  EXPECT_EQ(lower("A\u03A3.B"), "a\u03C3.b");
  EXPECT_EQ(lower_each("\u039F\u03A3"), "\u03BF\u03C3");
}

TEST(PythonText, LowersADottedCapitalIToTwoCharacters) { EXPECT_EQ(lower("\u0130x"), "i\u0307x"); }

TEST(PythonText, SplitsAtEverySeparator) {
  EXPECT_EQ(split("a--b----c", "--"), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_EQ(split("", "\n"), (std::vector<std::string_view>{""}));
  EXPECT_EQ(split("\n", "\n"), (std::vector<std::string_view>{"", ""}));
}

TEST(PythonText, StripsCharactersAndWords) {
  EXPECT_EQ(strip_chars("\"\"a\"b\"", "\""), "a\"b");
  EXPECT_EQ(strip_chars("\"\"", "\""), "");
  EXPECT_EQ(first_word("\u3000 one two"), "one");
  EXPECT_EQ(first_word(" \n"), "");
  EXPECT_EQ(strip_end(" a \u2003"), " a");
}

}  // namespace
}  // namespace evergreen::ifeval
