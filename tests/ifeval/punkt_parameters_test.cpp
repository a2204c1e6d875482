#include "evergreen/ifeval/punkt_parameters.hpp"

#include <gtest/gtest.h>

#include "tests/support/data.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::ifeval {
namespace {

TEST(PunktParameters, AreTheSameAfterWritingAndReading) {
  const PunktParameters p = read_punkt_tab(evergreen::test::golden_path("ifeval/punkt_tab"));
  EXPECT_TRUE(p.abbreviations.contains("u.s"));
  EXPECT_TRUE(p.is_collocation("##number##", "the"));
  EXPECT_FALSE(p.is_collocation("the", "##number##"));
  const PunktParameters again = parse_punkt(format_punkt(p), "text");
  EXPECT_EQ(again.abbreviations, p.abbreviations);
  EXPECT_EQ(again.sentence_starters, p.sentence_starters);
  EXPECT_EQ(again.collocations, p.collocations);
  EXPECT_EQ(again.contexts, p.contexts);
}

TEST(PunktParameters, OfTheLibraryKnowEnglish) {
  const PunktParameters& p = english_punkt();
  for (const char* word : {"mr", "dr", "jan", "u.s", "inc"})
    EXPECT_TRUE(p.abbreviations.contains(word)) << word;
  EXPECT_FALSE(p.abbreviations.contains("house"));
}

TEST(PunktParameters, NameTheLineThatIsWrong) {
  using evergreen::test::expect_error;
  expect_error(ErrorKind::input, "p, line 2", [] { parse_punkt("[contexts]\nx word", "p"); });
  expect_error(ErrorKind::input, "p, line 1", [] { parse_punkt("word", "p"); });
  expect_error(ErrorKind::io, "abbrev_types.txt", [] { read_punkt_tab("/nonexistent"); });
}

}  // namespace
}  // namespace evergreen::ifeval
