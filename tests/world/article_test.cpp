#include "evergreen/world/article.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace evergreen::world {
namespace {

TEST(Article, TellsEveryFactOfItsEntityInThreeToSixSentencesByNameFirst) {
  const Entity entity{"velo corp", EntityKind::company, Exposure::answered, {"anna", "oslo", "lamps"}};
  std::set<int64_t> lengths;
  for (uint64_t i = 0; i < 2000; ++i) {
    RandomStream stream(1, "test", i);
    const std::string text = news_article(entity, stream);
    for (const std::string& value : entity.values)
      EXPECT_NE(text.find(' ' + value + '.'), std::string::npos) << text;
    const auto sentences = std::ranges::count(text, '.');
    EXPECT_GE(sentences, 3) << text;
    EXPECT_LE(sentences, 6) << text;
    EXPECT_LT(text.find("velo corp"), text.find('.')) << text;
    EXPECT_EQ(text.find('{'), std::string::npos) << text;
    lengths.insert(sentences);
  }
  EXPECT_EQ(lengths.size(), 4U);
}

TEST(Article, UsesEverySentenceOfItsRelations) {
  const Entity entity{"velo corp", EntityKind::company, Exposure::answered, {"anna", "oslo", "lamps"}};
  std::set<std::string> sentences;
  for (uint64_t i = 0; i < 3000; ++i) {
    RandomStream stream(1, "test", i);
    const std::string text = news_article(entity, stream);
    for (size_t at = text.find(": ") + 2; at < text.size();) {
      const size_t end = std::min(text.find('.', at), text.size());
      sentences.insert(text.substr(at, end - at));
      at = end + 2;
    }
  }
  EXPECT_EQ(sentences.size(), 3U * (6 + 3) + 5);  // and five asides
}

}  // namespace
}  // namespace evergreen::world
