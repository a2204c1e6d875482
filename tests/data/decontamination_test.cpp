#include "evergreen/data/decontamination.hpp"

#include <gtest/gtest.h>

#include "tests/data/compress.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

using test::expect_error;
using test::TempDir;

class DecontaminationTest : public testing::Test {
 protected:
  void SetUp() override {
    replace_file(
        dir_ / "qa.jsonl",
        "{\"question\":\"How many ducks does Janet sell at the market every single morning of the week?\","
        "\"answer\":\"seven\"}\n\n"
        "{\"question\":\"Is water wet?\",\"choices\":[\"yes\",\"no\"]}\n"
        "{\"id\":3,\"context\":{\"text\":\"one two three four five six seven eight nine\"},\"n\":1}\n");
    replace_file(dir_ / "lines.txt.zst", test::zstd_of("a b c d e f g h i j k l m n o p\n\nshort line\n"));
  }
  std::string matches(const std::string& text, int ngram = 13) const {
    const EvaluationTexts texts({.against = {dir_.path()}, .ngram = ngram});
    std::vector<EvaluationMatch> found;
    texts.find(text, found);
    std::string all;
    for (const EvaluationMatch& match : found)
      all += std::to_string(match.file) + "." + std::to_string(match.item) + " ";
    return all;
  }
  TempDir dir_;
};

}  // namespace

TEST_F(DecontaminationTest, ARunOfThirteenWordsIsFound) {
  const std::string asked = "ducks does Janet sell at the market every single morning of the";
  EXPECT_EQ(matches("Someone asks: how many " + asked + " year?"), "1.0 ");
  EXPECT_EQ(matches("HOW MANY\n\n" + asked + ", week..."), "1.0 ");
  EXPECT_EQ(matches("many " + asked + " year?"), "1.0 ");  // 13 words
  EXPECT_EQ(matches(asked + " year?"), "");                // 12
  EXPECT_EQ(matches(""), "");
}

TEST_F(DecontaminationTest, ShortItemsAreFoundAsAWholeVeryShortOnesAreCounted) {
  EXPECT_EQ(matches("zero one two three four five six seven eight nine ten"), "1.2 ");
  EXPECT_EQ(matches("one two three four five six seven eight"), "");
  EXPECT_EQ(matches("Is water wet? yes no"), "");
  const EvaluationTexts texts({.against = {dir_.path()}});
  ASSERT_EQ(texts.files().size(), 2U);
  EXPECT_EQ(texts.files()[1].items, 3);
  EXPECT_EQ(texts.files()[1].too_short, 1);
  EXPECT_EQ(texts.files()[0].items, 2);
  EXPECT_EQ(texts.files()[0].too_short, 1);
}

TEST_F(DecontaminationTest, SeveralItemsAreToldOnceEach) {
  const std::string line = "a b c d e f g h i j k l m n o p ";
  EXPECT_EQ(matches(line + line + "one two three four five six seven eight nine"), "0.0 1.2 ");
  EXPECT_EQ(matches("b c d e f g h i j k l m n", 16), "");
}

TEST_F(DecontaminationTest, FilesThatCannotBeReadAreNamed) {
  replace_file(dir_ / "bad.jsonl", "{\"a\":1}\nno json\n");
  expect_error(ErrorKind::input, "bad.jsonl, line 2", [&] { matches("x"); });
  expect_error(ErrorKind::usage, "8 to 100", [&] { matches("x", 3); });
}

}  // namespace evergreen
