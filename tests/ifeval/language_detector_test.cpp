#include "evergreen/ifeval/language_detector.hpp"

#include <set>

#include <gtest/gtest.h>

#include "evergreen/ifeval/instruction.hpp"
#include "tests/ifeval/goldens.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::ifeval {
namespace {

TEST(LanguageDetector, GivesTheProbabilitiesOfLangdetectForTheSameSeed) {
  std::set<std::string> seen;
  size_t undetectable = 0;
  for (const Json& golden : test::golden_texts()) {
    const std::string text = test::text_of(golden);
    const LanguageGuess guess = guess_language(text, 0);
    const Json& languages = golden.at("languages");
    ASSERT_EQ(guess.undetectable, languages.is_null()) << text;
    undetectable += guess.undetectable;
    if (guess.undetectable) continue;
    ASSERT_EQ(guess.languages.size(), languages.size()) << text;
    for (size_t i = 0; i < languages.size(); ++i) {
      EXPECT_EQ(guess.languages[i].language, languages[i][0].get<std::string>()) << text;
      EXPECT_NEAR(guess.languages[i].probability, languages[i][1].get<double>(), 1e-12) << text;
      seen.insert(guess.languages[i].language);
    }
  }
  EXPECT_GT(undetectable, 5U);
  for (const std::string& code : response_languages()) EXPECT_TRUE(seen.count(code)) << code;
}

TEST(LanguageDetector, DependsOnTheSeedOnlyWhereTheTextIsUnclear) {
  const std::string clear = "Der Hund und die Katze schlafen heute auf dem alten Sofa.";
  for (uint32_t seed = 0; seed < 20; ++seed) EXPECT_EQ(guess_language(clear, seed).best(), "de");
  size_t unclear = 0;
  for (const Json& golden : test::golden_texts()) {
    if (golden.at("languages").size() < 2) continue;
    std::set<std::string> answers;
    for (uint32_t seed = 0; seed < 50; ++seed)
      answers.insert(guess_language(test::text_of(golden), seed).best());
    unclear += answers.size() > 1;
  }
  EXPECT_GT(unclear, 0U);
}

TEST(LanguageDetector, TakesWebAndMailAddressesOut) {
  EXPECT_TRUE(guess_language("https://example.com/the/weather?is=fine").undetectable);
  EXPECT_TRUE(guess_language("some.body@mail.example.com").undetectable);
  EXPECT_FALSE(guess_language("some.body at example").undetectable);
}

TEST(LanguageDetector, NamesTheLineOfProfilesThatAreWrong) {
  using evergreen::test::expect_error;
  const auto read = [](const char* text) { return LanguageProfiles(text, "p.txt"); };
  expect_error(ErrorKind::input, "p.txt, line 1", [&] { read("1\t2\tab"); });
  expect_error(ErrorKind::input, "p.txt, line 2", [&] { read("language\txx\t1\t1\t1\n2\t3\tabc"); });
  expect_error(ErrorKind::input, "not a whole number", [&] { read("language\txx\t1\tq\t1"); });
  expect_error(ErrorKind::input, "two languages", [&] { read("language\txx\t1\t1\t1"); });
}

}  // namespace
}  // namespace evergreen::ifeval
