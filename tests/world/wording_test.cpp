#include "evergreen/world/wording.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "evergreen/world/formats.hpp"
#include "evergreen/world/names.hpp"
#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

template <class Body>
void for_each_relation(Body&& body) {
  for (const EntityKind kind : kAllKinds)
    for (int slot = 0; slot < kSlots; ++slot) body(Relation{kind, slot});
}

TEST(Wording, EverySentenceHasTheValueAfterTheNameAndIsUnlikeAllOthers) {
  for_each_relation([](const Relation& relation) {
    std::set<std::string_view> patterns;
    for (const std::string_view pattern : wording(relation).named) {
      const size_t name = pattern.find("{n}"), value = pattern.find(" {v}");
      ASSERT_NE(name, std::string_view::npos) << pattern;
      ASSERT_NE(value, std::string_view::npos) << pattern;
      EXPECT_LT(name, value) << pattern;
      patterns.insert(pattern);
    }
    for (const std::string_view pattern : wording(relation).pronoun) {
      EXPECT_EQ(pattern.find("{n}"), std::string_view::npos) << pattern;
      EXPECT_NE(pattern.find(" {v}"), std::string_view::npos) << pattern;
      patterns.insert(pattern);
    }
    for (const std::string_view pattern : wording(relation).questions) {
      EXPECT_NE(pattern.find("{n}"), std::string_view::npos) << pattern;
      EXPECT_EQ(pattern.find("{v}"), std::string_view::npos) << pattern;
      patterns.insert(pattern);
    }
    EXPECT_EQ(patterns.size(), size_t{kNamedSentences + kPronounSentences + kQuestions});
  });
}

TEST(Wording, NoSentenceOfAKindServesTwoOfItsRelations) {
  for (const EntityKind kind : kAllKinds) {
    std::set<std::string_view> seen;
    for (int slot = 0; slot < kSlots; ++slot) {
      for (const auto& pattern : wording({kind, slot}).named)
        EXPECT_TRUE(seen.insert(pattern).second) << pattern;
      for (const auto& pattern : wording({kind, slot}).pronoun)
        EXPECT_TRUE(seen.insert(pattern).second) << pattern;
      for (const auto& pattern : wording({kind, slot}).questions)
        EXPECT_TRUE(seen.insert(pattern).second) << pattern;
    }
  }
}

TEST(Wording, ASentenceIsFilledAndSplitBeforeTheSpaceOfItsValue) {
  EXPECT_EQ(fill("the ceo of {n} is {v}.", "velo corp", "anna"), "the ceo of velo corp is anna.");
  const SplitSentence split = split_at_value("the ceo of {n} is {v}.", "velo corp", "anna");
  EXPECT_EQ(split.prefix, "the ceo of velo corp is");
  EXPECT_EQ(split.continuation, " anna.");
}

TEST(Pools, NoValueIsInTwoPoolsOrIsAWordOfATaskOrAStem) {
  WorldSizes all;
  all.heads = kHeadsAvailable, all.places = kPlacesAvailable, all.things = kThingsAvailable;
  std::set<std::string> seen;
  for_each_relation([&](const Relation& relation) {
    for (const std::string_view value : value_pool(relation, all)) {
      EXPECT_TRUE(seen.insert(std::string(value)).second) << value;
      EXPECT_EQ(payload({}, value), value) << "not a word of lower-case letters";
    }
  });
  for (const std::string_view word : task_words()) EXPECT_TRUE(seen.insert(std::string(word)).second) << word;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    for (const auto& names : make_names(seed, 170).old_names) {
      for (const std::string& name : names) {
        EXPECT_FALSE(seen.contains(name.substr(0, name.find(' ')))) << name;
      }
    }
  }
}

}  // namespace
}  // namespace evergreen::world
