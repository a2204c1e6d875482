#include "evergreen/ifeval/word_tokenizer.hpp"

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"

namespace evergreen::ifeval {
namespace {

TEST(WordTokenizer, GivesTheWordsOfNltk) {
  for (const Json& golden : test::golden_texts()) {
    EXPECT_EQ(tokenize_words(test::text_of(golden)), golden.at("words").get<std::vector<std::string>>());
  }
}

TEST(WordTokenizer, SplitsCliticsAndTheLastPeriodOnly) {
  EXPECT_EQ(tokenize_sentence("They can't pay $3.50 in N.Y. now."),
            (std::vector<std::string>{"They", "ca", "n't", "pay", "$", "3.50", "in", "N.Y.", "now", "."}));
}

}  // namespace
}  // namespace evergreen::ifeval
