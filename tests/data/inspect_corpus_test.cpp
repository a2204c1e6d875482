#include "evergreen/data/inspect_corpus.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {

TEST(InspectCorpus, CountsTextLengthsDatesAndWhatIsBad) {
  const test::TempDir dir;
  replace_file(dir / "a.jsonl",
               "{\"text\":\"one two "
               "three\",\"d\":\"2024-05-01\"}\nnonsense\n{\"text\":\"vier\",\"d\":\"2023-01-02\"}\n"
               "{\"text\":\" \",\"d\":\"2024\"}\n");
  CorpusRecipe recipe;
  recipe.inputs = {dir.path()};
  recipe.corpus.date_field = "d";
  const CorpusInspection found = inspect_corpus(recipe, 1, 2);
  EXPECT_EQ(found.files, 1);
  EXPECT_EQ(found.counts.records, 4);
  EXPECT_EQ(found.counts.bad.total(), 1);
  EXPECT_EQ(found.words, 4);
  EXPECT_EQ(found.lengths.count(), 2);
  EXPECT_EQ(found.lengths.total(), 17);
  EXPECT_EQ(found.lengths.in_class(3), 1);  // 13 bytes: 8 to 15
  EXPECT_EQ(found.samples, std::vector<std::string>{"one two three"});
  const std::string text = inspection_text(found);
  EXPECT_NE(text.find("dates from 2023-01-02 to 2024-05-01"), std::string::npos);
  EXPECT_NE(text.find("a.jsonl, line 2 (not_json)"), std::string::npos);
  const Json json = parse_json(inspection_json(found), "inspection");
  EXPECT_EQ(json.at("dropped").at("empty"), 1);
  EXPECT_EQ(json.at("dates").at(1), "2024-05-01");
}

}  // namespace evergreen
