#include "evergreen/data/text_units.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

using Views = std::vector<std::string_view>;

std::vector<uint64_t> hashes(std::string_view text) {
  std::vector<uint64_t> all;
  hash_words(text, all);
  return all;
}

}  // namespace

TEST(TextUnits, WordsLinesAndParagraphs) {
  Views units;
  split_words(
      " one two\tthree\xC2\xA0"
      "four\xE3\x80\x80"
      "fünf ",
      units);
  EXPECT_EQ(units, (Views{"one", "two", "three", "four", "fünf"}));
  split_words("", units);
  EXPECT_TRUE(units.empty());
  split_lines("a\n\n  b \r\n \nc", units);
  EXPECT_EQ(units, (Views{"a", "b", "c"}));
  split_paragraphs("\n a\nb \n  \n\nc\n", units);
  EXPECT_EQ(units, (Views{"a\nb", "c"}));
}

TEST(TextUnits, WordsAreHashedWithoutCaseAndPunctuation) {
  EXPECT_EQ(hashes("The cat's  \"MAT\" -- (2,5)!"), hashes("the cats mat 25"));
  EXPECT_EQ(hashes("ÉTÉ «là»…"), hashes("été là"));
  EXPECT_NE(hashes("the cat"), hashes("cat the"));
  EXPECT_TRUE(hashes(" -- ... !").empty());
  EXPECT_EQ(hashes("東京は晴れ。").size(), 5U);  // no spaces: each character is a word
  EXPECT_EQ(hashes("한국어 문장").size(), 2U);
}

TEST(TextUnits, AnNgramHasTheSameHashWhereverItStands) {
  const std::vector<uint64_t> words = hashes("a b c d e f a b c d");
  NgramHashes ngrams;
  ngrams.assign(words);
  EXPECT_EQ(ngrams.words(), 10U);
  EXPECT_EQ(ngrams.of(0, 4), ngrams.of(6, 4));
  EXPECT_NE(ngrams.of(0, 4), ngrams.of(1, 4));
  EXPECT_NE(ngrams.of(0, 3), ngrams.of(0, 4));
  NgramHashes part;
  part.assign(hashes("c d e"));
  EXPECT_EQ(part.of(0, 3), ngrams.of(2, 3));
}

}  // namespace evergreen
