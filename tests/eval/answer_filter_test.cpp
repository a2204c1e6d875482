#include "evergreen/eval/answer_filter.hpp"

#include <gtest/gtest.h>

namespace evergreen {
namespace {

std::string apply(const FilterStep& step, const std::string& answer) {
  return AnswerFilter({"f", {step}}, "a test").apply(answer);
}

FilterStep regex(const std::string& pattern, int64_t select = 0) {
  FilterStep step;
  step.function = "regex";
  step.regex_pattern = pattern;
  step.group_select = select;
  return step;
}

TEST(AnswerFilter, ARegexTakesOneOfItsMatches) {
  EXPECT_EQ(apply(regex(R"(#### (\-?[0-9\.\,]+))"), "no #### 1,200. #### 3"), "1,200.");
  EXPECT_EQ(apply(regex(R"((-?[$0-9.,]{2,})|(-?[0-9]+))", -1), "first $12.50, then 7"), "7");
  EXPECT_EQ(apply(regex(R"((-?[$0-9.,]{2,})|(-?[0-9]+))", -1), "costs $12"), "$12");
  EXPECT_EQ(apply(regex(" [a-z]+ "), "1 abc 2"), "abc");  // stripped
  EXPECT_EQ(apply(regex("[0-9]"), "none"), "[invalid]");
  EXPECT_EQ(apply(regex("([0-9])?x"), "x"), "");  // one group: itself, even if empty
  EXPECT_EQ(apply(regex("([0-9])?x(y)?"), "x"), "[invalid]");
  EXPECT_EQ(apply(regex("[0-9]", 2), "1 2"), "[invalid]");
}

TEST(AnswerFilter, CaseSpaceAndMaps) {
  FilterStep step;
  step.function = "lowercase";
  EXPECT_EQ(apply(step, "\u00c9COLE"), "\u00e9cole");
  step.function = "uppercase";
  EXPECT_EQ(apply(step, "stra\u00dfe"), "STRASSE");
  step.function = "remove_whitespace";
  EXPECT_EQ(apply(step, " \n a b\t"), "a b");
  step.function = "map";
  step.mapping = {{"A", "0"}};
  step.fallback = "-1";
  EXPECT_EQ(apply(step, "A"), "0");
  EXPECT_EQ(apply(step, "B"), "-1");
}

TEST(ExactMatch, WhatIsIgnoredIsTakenFromBoth) {
  const auto equal = [](const MetricDefinition& m, const std::string& a, const std::string& b) {
    return ExactMatch(m, "a test").equal(a, b);
  };
  EXPECT_FALSE(equal({.metric = "exact_match"}, "B", "b"));
  EXPECT_TRUE(equal({.metric = "exact_match", .ignore_case = true}, "B", "b"));
  EXPECT_TRUE(equal({.metric = "exact_match", .ignore_punctuation = true}, "(b).", "b"));
  EXPECT_FALSE(equal({.metric = "exact_match", .ignore_punctuation = true}, "b\u2019", "b"));
  EXPECT_TRUE(equal({.metric = "exact_match", .ignore_numbers = true}, "b1", "2b"));
  const MetricDefinition gsm8k{
      .metric = "exact_match", .ignore_case = true, .regexes_to_ignore = {",", "\\$", "(?s).*#### ", "\\.$"}};
  EXPECT_TRUE(equal(gsm8k, "$1,200.", "She has\n1000 + 200\n#### 1200"));
  EXPECT_FALSE(equal(gsm8k, "1200.0", "#### 1200"));
}

}  // namespace
}  // namespace evergreen
