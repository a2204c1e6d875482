#include "evergreen/text/code_set.hpp"

#include <gtest/gtest.h>

#include "evergreen/text/pattern.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

std::string every_code_point() {
  std::string text;
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code < 0xD800 || code >= 0xE000) append_utf8(text, code);
  }
  return text;
}

// The code points that a pattern of one character matches, as ranges of a class.
std::string matched(const std::string& pattern, const std::string& text) {
  const Pattern compiled(pattern, "test");
  Pattern::Search search(compiled);
  std::vector<unicode::CodeRange> ranges;
  for_each_match(
      text,
      [&](std::string_view in, size_t from, Pattern::Match& match) { return search.next(in, from, match); },
      [&](const Pattern::Match& match) {
        const char32_t code = decode_utf8(text, match.begin).code;
        const bool joins = !ranges.empty() && ranges.back().last + 1 == code;
        if (joins) {
          ranges.back().last = code;
        } else {
          ranges.push_back({code, code});
        }
      });
  return CodeSet(ranges).as_class();
}

// Through PCRE2, whatever version of Unicode that knows.
TEST(CodeSet, PatternsMatchJustTheirSets) {
  const std::string text = every_code_point();
  for (const char* name :
       {"L", "M", "N", "P", "S", "Z", "Lu", "Ll", "Lo", "Mn", "Nd", "Sc", "Alphabetic", "Han"}) {
    const CodeSet expected = property_set(name)->set;
    EXPECT_EQ(matched("\\p{" + std::string(name) + "}", text), expected.as_class()) << name;
    EXPECT_EQ(matched("[^\\P{" + std::string(name) + "}]", text), expected.as_class()) << name;
  }
  EXPECT_EQ(matched(R"(\w)", text), pattern_word_set(false).set.as_class());
  EXPECT_EQ(matched(R"([\w])", text), pattern_word_set(true).set.as_class());
  EXPECT_EQ(matched(R"(\s)", text), white_space_set().set.as_class());
}

TEST(CodeSet, ComplementAndDifference) {
  const std::vector<unicode::CodeRange> ranges = {{0x0, 0x1F}, {0x100, 0xD7FF}};
  const CodeSet set(ranges), rest = set.complement();
  EXPECT_EQ(rest.as_class(), R"(\x{20}-\x{ff}\x{e000}-\x{10ffff})");
  EXPECT_TRUE(set.without(set).empty());
  EXPECT_EQ(set.without(rest).as_class(), set.as_class());
  const std::vector<unicode::CodeRange> middle = {{0x10, 0x11}};
  EXPECT_EQ(set.without(CodeSet(middle)).as_class(), R"(\x{0}-\x{f}\x{12}-\x{1f}\x{100}-\x{d7ff})");
}

}  // namespace
}  // namespace evergreen
