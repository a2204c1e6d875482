#include "evergreen/data/cleaning.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

std::string cleaned(const std::string& text, const CleaningOptions& options) {
  Cleaner cleaner(options);
  std::string_view out;
  const Drop reason = cleaner.clean(text, out);
  return reason == Drop::none ? std::string(out) : "[" + std::string(drop_name(reason)) + "]";
}

}  // namespace

TEST(Cleaning, NothingIsDoneUnlessAsked) {
  EXPECT_EQ(cleaned("a\r\nb\x01 {", {}), "a\r\nb\x01 {");
  EXPECT_EQ(cleaned(" \n\t", {}), "[empty]");
  EXPECT_EQ(cleaned("\xE2\x80\x8B\x01", {.rules = {"unicode"}}), "[empty]");
}

TEST(Cleaning, LengthIsCountedInCharactersAndWordsAfterRepairs) {
  EXPECT_EQ(cleaned("äöü", {.rules = {}, .min_chars = 3, .max_chars = 3}), "äöü");
  EXPECT_EQ(cleaned("äöü", {.rules = {}, .min_chars = 4}), "[too_short]");
  EXPECT_EQ(cleaned("äöüx", {.rules = {}, .max_chars = 3}), "[too_long]");
  EXPECT_EQ(cleaned("one two", {.rules = {}, .min_words = 3}), "[too_short]");
  EXPECT_EQ(cleaned("one two", {.rules = {}, .max_words = 1}), "[too_long]");
  EXPECT_EQ(cleaned("a\x01\x01\x01", {.rules = {"unicode"}, .min_chars = 2}), "[too_short]");
}

TEST(Cleaning, PresetsAreTheirParts) {
  const std::string menu = "Home About Contact Shop News";
  EXPECT_EQ(cleaned(menu, {.rules = {"gopher"}}), "[gopher_words]");
  EXPECT_EQ(cleaned(menu, {.rules = {"gopher-repetition"}}), menu);
  EXPECT_EQ(cleaned(menu, {.rules = {"c4"}}), "[c4_sentences]");
  std::string prose;
  for (int i = 0; i < 12; ++i)
    prose += "Word" + std::to_string(i) + " sees other" + std::to_string(7 * i) + "s next" +
             std::to_string(3 * i) + " the more" + std::to_string(i * i) + " of" + std::to_string(i) + " it" +
             std::to_string(100 + i) + ".\n";
  prose += "All of the others have gone.\n";
  EXPECT_EQ(cleaned(prose + "A heading without a mark at all\n", {.rules = {"web"}}),
            prose + "A heading without a mark at all");
  EXPECT_EQ(cleaned(prose + "A heading without a mark at all\n", {.rules = {"web", "c4"}}),
            prose.substr(0, prose.size() - 1));
}

TEST(Cleaning, AnUnknownRuleGetsTheNearestName) {
  test::expect_error(ErrorKind::usage, "did you mean 'gopher'", [] { cleaned("x", {.rules = {"gophr"}}); });
}

}  // namespace evergreen
