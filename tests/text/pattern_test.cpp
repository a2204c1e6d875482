#include "evergreen/text/pattern.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

std::vector<std::string> matches(std::string_view pattern, std::string_view text) {
  const Pattern compiled(pattern, "test");
  Pattern::Search search(compiled);
  std::vector<std::string> found;
  Pattern::Match match;
  for (size_t from = 0; from < text.size() && search.next(text, from, match); from = match.end) {
    found.emplace_back(text.substr(match.begin, match.end - match.begin));
    if (match.end == match.begin) break;
  }
  return found;
}

TEST(Pattern, ClassesMeanWhatTheyMeanInOniguruma) {
  EXPECT_EQ(matches(R"(\s+)", "a\u0085b\u180Ec\u2028d").size(), 2u);  // U+180E is no white space
  EXPECT_EQ(matches(R"(\w+)", "a\u0301b").size(), 1u);                // a combining mark belongs to the word
  EXPECT_EQ(matches(R"([^\w]+)", "a_b-c"), (std::vector<std::string>{"-"}));
  EXPECT_EQ(matches(R"(\d+)", "12\u0663\u00BD").front(), "12\u0663");
  EXPECT_EQ(matches("^a$", "b\na\nb").size(), 1u);  // every line has a beginning and an end
}

TEST(Pattern, WhatHasNoEqualMeaningIsRefused) {
  const auto refuses = [](const std::string& words, const char* pattern) {
    test::expect_error(ErrorKind::input, words, [&] { Pattern(pattern, "test"); });
  };
  refuses("'\\h'", R"(\h+)");
  refuses("'\\b'", R"(\bword)");
  refuses("[ inside brackets", "[[:alpha:]]");
  refuses("&&", "[a-z&&[^b]]");
  refuses("'(?<'", "(?<name>a)");
  refuses("cannot be compiled", "(a");
}

// A pattern that takes more of the matcher's stack than it starts with.
TEST(Pattern, LongMatchesWork) {
  const std::string text(200000, 'a');
  EXPECT_EQ(matches("(?:a|b)+", text).front().size(), text.size());
}

}  // namespace
}  // namespace evergreen
