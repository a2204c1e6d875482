#include "evergreen/ifeval/punkt.hpp"

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"

namespace evergreen::ifeval {
namespace {

std::vector<std::string> sentences(std::string_view text,
                                   const PunktParameters& parameters = english_punkt()) {
  std::vector<std::string> out;
  for (const std::string_view sentence : split_sentences(text, parameters)) out.emplace_back(sentence);
  return out;
}

// With parameters that NLTK trained on a text of ours: the algorithm alone.
TEST(Punkt, SplitsAsNltkDoesWithTheSameParameters) {
  const PunktParameters small = read_punkt_tab(evergreen::test::golden_path("ifeval/punkt_tab"));
  const std::vector<Json> golden = test::golden_lines("small_punkt.jsonl");
  ASSERT_EQ(golden.size(), test::golden_texts().size());
  for (size_t t = 0; t < golden.size(); ++t) {
    const std::string text = test::text_of(test::golden_texts()[t]);
    EXPECT_EQ(sentences(text, small), golden[t].get<std::vector<std::string>>()) << text;
  }
}

TEST(Punkt, SplitsAsNltkDoesWithTheParametersOfTheLibrary) {
  for (const Json& golden : test::golden_texts()) {
    EXPECT_EQ(sentences(test::text_of(golden)), golden.at("sentences").get<std::vector<std::string>>());
  }
}

TEST(Punkt, KeepsAbbreviationsInitialsAndNumbersTogether) {
  EXPECT_EQ(sentences("Mr. Smith met Dr. Jones on Jan. 5. They talked.").size(), 2U);
  EXPECT_EQ(sentences("J. Bach wrote it. So did we.").size(), 2U);
  EXPECT_EQ(sentences("It rose 3.5 percent. Then it fell.").size(), 2U);
}

TEST(Punkt, GivesClosingMarksToTheSentenceBefore) {
  EXPECT_EQ(sentences("(One.) \"Two.\" Three."), (std::vector<std::string>{"(One.)", "\"Two.\"", "Three."}));
}

TEST(Punkt, FindsNoSentenceInNothing) {
  EXPECT_TRUE(sentences("").empty());
  EXPECT_TRUE(sentences(" \n").empty());
}

}  // namespace
}  // namespace evergreen::ifeval
