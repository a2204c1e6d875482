#include "evergreen/eval/checks.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

bool passes(const std::string& json, const std::string& response) {
  return make_check(json, "a test")(response);
}

}  // namespace

TEST(Checks, TextsAreComparedAfterStripping) {
  EXPECT_TRUE(passes(R"({"check": "equals", "text": "blue"})", " blue\n"));
  EXPECT_FALSE(passes(R"({"check": "equals", "text": "blue"})", "Blue"));
  EXPECT_TRUE(passes(R"({"check": "equals", "text": "blue", "ignore_case": true})", "BLUE"));
  EXPECT_TRUE(passes(R"({"check": "contains", "text": "lu"})", "blue"));
  EXPECT_TRUE(passes(R"({"check": "starts_with", "text": "Sure"})", "Sure, yes"));
  EXPECT_FALSE(passes(R"({"check": "starts_with", "text": "Sure"})", "Well, Sure"));
  EXPECT_TRUE(passes(R"({"check": "ends_with", "text": "done ."})", "it is done . "));
  EXPECT_FALSE(passes(R"({"check": "ends_with", "text": "done"})", "done it"));
}

TEST(Checks, NotTurnsAnyCheckAround) {
  EXPECT_FALSE(passes(R"({"check": "contains", "text": "x", "not": true})", "axb"));
  EXPECT_TRUE(passes(R"({"check": "contains", "text": "x", "not": true})", "ab"));
}

TEST(Checks, QuotedIsOnePairAroundAll) {
  const std::string quoted = R"({"check": "quoted"})";
  EXPECT_TRUE(passes(quoted, "\"a few words\""));
  EXPECT_TRUE(passes(quoted, "\u201Ca few words\u201D"));
  EXPECT_FALSE(passes(quoted, "he said \"a few words\""));
  EXPECT_FALSE(passes(quoted, "\"a\" and \"b\""));
  EXPECT_FALSE(passes(quoted, "\"\""));
  EXPECT_FALSE(passes(quoted, "\""));
  EXPECT_TRUE(passes(R"({"check": "quoted", "text": "paris"})", "\" paris \""));
  EXPECT_FALSE(passes(R"({"check": "quoted", "text": "paris"})", "\"london\""));
}

TEST(Checks, EnclosedTakesAnyMarks) {
  const std::string bold = R"({"check": "enclosed", "open": "**", "close": "**"})";
  EXPECT_TRUE(passes(bold, "**paris**"));
  EXPECT_FALSE(passes(bold, "*paris*"));
  EXPECT_FALSE(passes(bold, "**paris** **london**"));
  EXPECT_TRUE(passes(R"_({"check": "enclosed", "open": "(", "close": ")", "text": "paris"})_", "(paris)"));
}

TEST(Checks, RepeatedCountsExactly) {
  const std::string thrice = R"({"check": "repeated", "text": "ab c", "times": 3})";
  EXPECT_TRUE(passes(thrice, "ab c ab c ab c"));
  EXPECT_TRUE(passes(thrice, "ab c, ab c,\nab c"));
  EXPECT_FALSE(passes(thrice, "ab c ab c"));
  EXPECT_FALSE(passes(thrice, "ab c ab c ab c ab c"));
  EXPECT_FALSE(passes(thrice, "ab cab cab c"));
  EXPECT_FALSE(passes(thrice, "ab c ab c ab c."));
}

TEST(Checks, AListHasAMarkOnEveryLine) {
  const std::string list = R"({"check": "list", "min": 2, "max": 3})";
  EXPECT_TRUE(passes(list, "- one\n- two"));
  EXPECT_TRUE(passes(list, "1. one\n2) two\n\n3. three\n"));
  EXPECT_TRUE(passes(list, "* one\n\u2022 two"));
  EXPECT_FALSE(passes(list, "- one"));
  EXPECT_FALSE(passes(list, "here:\n- one\n- two"));
  EXPECT_FALSE(passes(list, "- a\n- b\n- c\n- d"));
}

TEST(Checks, JsonMayNameAKeyAndItsValue) {
  EXPECT_TRUE(passes(R"({"check": "json"})", R"([1, 2])"));
  EXPECT_FALSE(passes(R"({"check": "json"})", R"({"a": 1} and more)"));
  EXPECT_TRUE(passes(R"({"check": "json", "key": "answer"})", R"({"answer": null})"));
  EXPECT_FALSE(passes(R"({"check": "json", "key": "answer"})", R"({"reply": 1})"));
  EXPECT_FALSE(passes(R"({"check": "json", "key": "answer"})", R"("answer")"));
  EXPECT_TRUE(passes(R"({"check": "json", "key": "answer", "value": "x"})", R"( {"answer": "x"} )"));
  EXPECT_FALSE(passes(R"({"check": "json", "key": "answer", "value": "x"})", R"({"answer": "y"})"));
}

TEST(Checks, RegexWordsAndCase) {
  EXPECT_TRUE(passes(R"({"check": "regex", "pattern": "^[a-z]+\\.$"})", "word."));
  EXPECT_FALSE(passes(R"({"check": "regex", "pattern": "[a-z]+", "whole": true})", "two words"));
  EXPECT_TRUE(passes(R"({"check": "words", "min": 2, "max": 3})", " one two three "));
  EXPECT_FALSE(passes(R"({"check": "words", "min": 1})", "  "));
  EXPECT_TRUE(passes(R"({"check": "lowercase"})", "all of it, 12"));
  EXPECT_FALSE(passes(R"({"check": "lowercase"})", "Not this"));
  EXPECT_TRUE(passes(R"({"check": "uppercase"})", "\u00c9COLE"));
  EXPECT_FALSE(passes(R"({"check": "uppercase"})", "\u00e9COLE"));
}

TEST(Checks, MistakesNameTheNearestWord) {
  test::expect_error(ErrorKind::input, "did you mean 'starts_with'?",
                     [] { passes(R"({"check": "start_with", "text": "a"})", ""); });
  test::expect_error(ErrorKind::input, "has no member 'txt'",
                     [] { passes(R"({"check": "quoted", "txt": "a"})", ""); });
  test::expect_error(ErrorKind::input, "did you mean 'times'?",
                     [] { passes(R"({"check": "repeated", "text": "a", "times": 2, "time": 3})", ""); });
  test::expect_error(ErrorKind::input, "text", [] { passes(R"({"check": "equals"})", ""); });
  test::expect_error(ErrorKind::input, "'min' 3 is more than 'max' 2",
                     [] { passes(R"({"check": "words", "min": 3, "max": 2})", ""); });
  test::expect_error(ErrorKind::input, "does not compile",
                     [] { passes(R"({"check": "regex", "pattern": "("})", ""); });
}

}  // namespace evergreen
