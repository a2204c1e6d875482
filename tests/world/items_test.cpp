#include "evergreen/world/items.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "evergreen/world/corpus.hpp"
#include "evergreen/world/instructions.hpp"
#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

std::map<ItemKind, int> count_kinds(const std::vector<Item>& items) {
  std::map<ItemKind, int> counts;
  for (const Item& item : items) ++counts[item.kind];
  return counts;
}

class Items : public testing::Test {
 protected:
  const World world_ = make_world({.pair = 21, .future = 6});
  const std::vector<Item> items_ = make_items(world_);
};

TEST_F(Items, ThereAreAsManyAsPromised) {
  const std::map<ItemKind, int> expected = {
      {ItemKind::format_fact, 154},   {ItemKind::word_request, 90}, {ItemKind::old_fact, 80},
      {ItemKind::new_fact, 80},       {ItemKind::changed_fact, 12}, {ItemKind::new_fact_in_format, 66},
      {ItemKind::new_fact_choice, 90}};
  EXPECT_EQ(count_kinds(items_), expected);
}

TEST_F(Items, IdsAreUniqueAndItemsAreTheSameEveryTime) {
  const auto again = make_items(world_);
  std::set<std::string> ids;
  ASSERT_EQ(again.size(), items_.size());
  for (size_t i = 0; i < items_.size(); ++i) {
    EXPECT_TRUE(ids.insert(items_[i].id).second) << items_[i].id;
    EXPECT_EQ(items_[i].id, again[i].id);
    EXPECT_EQ(items_[i].request.user, again[i].request.user);
    EXPECT_EQ(items_[i].prefix, again[i].prefix);
    EXPECT_EQ(items_[i].choices, again[i].choices);
  }
}

TEST_F(Items, WhatIsAskedOfTheOldWorldIsTheSameInEveryFuture) {
  const auto old_users = [](const std::vector<Item>& items) {
    std::vector<std::string> users;
    for (const Item& item : items) {
      if (item.kind == ItemKind::format_fact || item.kind == ItemKind::word_request ||
          item.kind == ItemKind::old_fact)
        users.push_back(item.request.user);
    }
    return users;
  };
  EXPECT_EQ(old_users(items_), old_users(make_items(make_world({.pair = 21, .future = 7}))));
}

TEST_F(Items, EachAsksAboutTheEntitiesOfItsKind) {
  std::map<std::string, Exposure> exposures;
  for (const Entity& entity : world_.old_entities) exposures[entity.name] = entity.exposure;
  for (const Entity& entity : world_.new_entities) exposures[entity.name] = entity.exposure;
  for (const Item& item : items_) {
    if (item.request.entity.empty()) continue;
    Exposure expected = Exposure::held_out_for_report;
    if (item.kind == ItemKind::changed_fact) expected = Exposure::answered;
    if (item.id.find("new_fact") != std::string::npos) expected = Exposure::future;
    EXPECT_EQ(exposures.at(item.request.entity), expected) << item.id;
  }
}

TEST_F(Items, NoPlainFactIsAskedTwice) {
  for (const ItemKind kind : {ItemKind::old_fact, ItemKind::new_fact, ItemKind::changed_fact}) {
    std::set<std::string> facts;
    for (const Item& item : items_) {
      if (item.kind != kind) continue;
      EXPECT_EQ(item.request.format.format, Format::plain);
      EXPECT_TRUE(facts.insert(item.request.entity + item.request.value).second) << item.request.user;
    }
  }
}

TEST_F(Items, EveryFormatButPlainIsAskedEquallyOften) {
  std::map<std::pair<ItemKind, Format>, int> counts;
  for (const Item& item : items_) ++counts[{item.kind, item.request.format.format}];
  for (int f = 1; f < kFormats; ++f) {
    EXPECT_EQ((counts[{ItemKind::format_fact, static_cast<Format>(f)}]), 14);
    EXPECT_EQ((counts[{ItemKind::new_fact_in_format, static_cast<Format>(f)}]), 6);
  }
}

TEST_F(Items, ReportAndTuningShareNoEntityAndNoRequest) {
  const auto tuning = make_items(make_world({21, 6, ItemSet::tuning}));
  std::set<std::string> entities, users;
  for (const Item& item : items_) {
    if (!item.request.entity.empty()) entities.insert(item.request.entity);
    users.insert(item.request.user + item.prefix);
  }
  EXPECT_GE(tuning.size(), 400U);
  for (const Item& item : tuning) {
    EXPECT_FALSE(entities.contains(item.request.entity)) << item.id << ' ' << item.request.entity;
    EXPECT_FALSE(users.contains(item.request.user + item.prefix)) << item.id;
  }
}

TEST_F(Items, NoneIsInInstructionsOrForumPages) {
  std::set<std::string> users;
  for (const Item& item : items_)
    if (item.kind != ItemKind::changed_fact) users.insert(item.request.user);
  for (const InstructionExample& example : make_instructions(world_, 10'000))
    EXPECT_FALSE(users.contains(example.request.user)) << example.request.user;
  const auto check = [&](const Document& document) {
    if (document.genre != Genre::forum) return;
    size_t at = 0;
    while ((at = document.text.find("reader: ", at)) != std::string::npos) {
      at += 8;
      const std::string user = document.text.substr(at, document.text.find(" reply:", at) - at);
      EXPECT_FALSE(users.contains(user)) << user;
    }
  };
  text_before_cut_off(world_, {.words = 100'000}, check);
  text_after_cut_off(world_, {.words = 100'000}, check);
}

TEST_F(Items, NoWordTaskIsAskedTwiceInOtherWords) {
  std::set<std::string> subjects;
  for (const Item& item : items_) {
    if (item.request.kind != RequestKind::word_task) continue;
    const std::string task =
        item.request.user.substr(item.request.user.find("word"));  // without "write the" or "put the"
    EXPECT_TRUE(subjects.insert(task).second) << task;
  }
  EXPECT_EQ(subjects.size(), 75U);
}

TEST_F(Items, AChoiceHasFourValuesOfOnePoolAndOneTruth) {
  std::array<int, kChoices> gold = {};
  for (const Item& item : items_) {
    if (item.kind != ItemKind::new_fact_choice) continue;
    ASSERT_EQ(item.choices.size(), size_t{kChoices});
    EXPECT_EQ(std::set<std::string>(item.choices.begin(), item.choices.end()).size(), size_t{kChoices});
    EXPECT_EQ(item.choices[static_cast<size_t>(item.gold)], ' ' + item.request.value + '.');
    EXPECT_NE(item.prefix.find(item.request.entity), std::string::npos) << item.prefix;
    EXPECT_NE(item.prefix.back(), ' ');
    ++gold[static_cast<size_t>(item.gold)];
  }
  for (const int count : gold) EXPECT_GT(count, 8);
}

TEST(ItemsOfASmallWorld, AreAsManyAsItGives) {
  const World world = make_world({.pair = 1, .future = 1}, WorldSizes::small());
  const auto counts = count_kinds(make_items(world));
  EXPECT_EQ(counts.at(ItemKind::old_fact), 27);  // 9 held-out entities
  EXPECT_EQ(counts.at(ItemKind::new_fact), 18);  // 6 new entities
  EXPECT_EQ(counts.at(ItemKind::changed_fact), 3);
  EXPECT_EQ(counts.at(ItemKind::new_fact_choice), 18);
}

}  // namespace
}  // namespace evergreen::world
