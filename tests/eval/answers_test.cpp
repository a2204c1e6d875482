#include "evergreen/eval/answers.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(Answers, StripTakesWhiteSpaceOfEveryScript) {
  EXPECT_EQ(strip(" \t\n word two\u3000\u00a0"), "word two");
  EXPECT_EQ(strip("  \n"), "");
  EXPECT_EQ(strip(""), "");
  EXPECT_EQ(strip_end(" a b \n"), " a b");
  EXPECT_EQ(strip_end(" \n"), "");
}

TEST(Answers, NormalisationIsSquads) {
  EXPECT_EQ(normalize_answer("  The quick, brown  fox!"), "quick brown fox");
  EXPECT_EQ(normalize_answer("An A.B. of theory"), "ab of theory");
  EXPECT_EQ(normalize_answer("\u00c9COLE"), "\u00e9cole");
}

TEST(Answers, F1IsThatOfTheWords) {
  EXPECT_DOUBLE_EQ(token_f1("the cat sat", "a cat sat down"), 0.8);  // 2 of 2 and 2 of 3
  EXPECT_DOUBLE_EQ(token_f1("cat cat", "cat"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(token_f1("dog", "cat"), 0);
  EXPECT_DOUBLE_EQ(token_f1("the", "a"), 1);
  EXPECT_DOUBLE_EQ(token_f1("the", "cat"), 0);
}

// len(re.split(r"\s+", text)) in Python.
TEST(Answers, WordsAreCountedAsPythonSplits) {
  EXPECT_EQ(count_words(""), 1);
  EXPECT_EQ(count_words("one"), 1);
  EXPECT_EQ(count_words("one  two\nthree"), 3);
  EXPECT_EQ(count_words(" one two "), 4);
  EXPECT_EQ(count_words("one\u2003two"), 2);
}

TEST(Answers, CharactersAreCodePoints) {
  EXPECT_EQ(count_characters("na\u00efve \u65e5\u672c"), 8);
  EXPECT_EQ(count_characters("a\xff"), 2);
}

}  // namespace evergreen
