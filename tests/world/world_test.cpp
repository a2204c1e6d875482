#include "evergreen/world/world.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/world/pools.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::world {
namespace {

std::set<std::string> names_of(const std::vector<Entity>& entities) {
  std::set<std::string> names;
  for (const Entity& entity : entities) names.insert(entity.name);
  return names;
}

bool same(const std::vector<Entity>& a, const std::vector<Entity>& b) {
  return std::ranges::equal(a, b, [](const Entity& x, const Entity& y) {
    return x.name == y.name && x.kind == y.kind && x.exposure == y.exposure && x.values == y.values;
  });
}

TEST(World, HasTheSizesThatWereAsked) {
  const World world = make_world({.pair = 1, .future = 2});
  EXPECT_EQ(world.old_entities.size(), 180U);
  EXPECT_EQ(world.new_entities.size(), 30U);
  EXPECT_EQ(world.changes.size(), 12U);
  EXPECT_EQ(world.with(Exposure::answered).size(), 144U);
  EXPECT_EQ(world.with(Exposure::held_out_for_report).size(), 27U);
  EXPECT_EQ(world.with(Exposure::held_out_for_tuning).size(), 9U);
  EXPECT_EQ(names_of(world.old_entities).size(), 180U);
}

TEST(World, OldEntitiesAreAFunctionOfThePairSeedOnly) {
  const World a = make_world({.pair = 1, .future = 2}), b = make_world({.pair = 1, .future = 3});
  EXPECT_TRUE(same(a.old_entities, b.old_entities));
  EXPECT_TRUE(same(a.old_entities, make_world({1, 2, ItemSet::tuning}).old_entities));
  EXPECT_FALSE(same(a.old_entities, make_world({.pair = 2, .future = 2}).old_entities));
}

TEST(World, FuturesDifferInNamesFactsAndChanges) {
  const World a = make_world({.pair = 1, .future = 2}), b = make_world({.pair = 1, .future = 3});
  EXPECT_TRUE(same(a.new_entities, make_world({.pair = 1, .future = 2}).new_entities));
  EXPECT_NE(names_of(a.new_entities), names_of(b.new_entities));
  EXPECT_FALSE(std::ranges::equal(a.changes, b.changes, {}, &Change::entity, &Change::entity));
}

TEST(World, NewNamesAreKnownStemsWithKnownWordsInACombinationNeverSeen) {
  for (uint64_t future = 0; future < 20; ++future) {
    const World world = make_world({.pair = 5, .future = future});
    const std::set<std::string> old_names = names_of(world.old_entities);
    std::set<std::string> words;
    for (const std::string& name : old_names) {
      words.insert(name.substr(0, name.find(' ')));
      words.insert(name.substr(name.find(' ') + 1));
    }
    for (const Entity& entity : world.new_entities) {
      EXPECT_FALSE(old_names.contains(entity.name)) << entity.name;
      EXPECT_TRUE(words.contains(entity.name.substr(0, entity.name.find(' ')))) << entity.name;
      EXPECT_TRUE(words.contains(entity.name.substr(entity.name.find(' ') + 1))) << entity.name;
    }
  }
}

TEST(World, ItemSetsShareNoNewAndNoChangedEntityWhateverTheFuture) {
  std::set<std::string> report_names, tuning_names;
  std::set<size_t> report_changes, tuning_changes;
  for (uint64_t future = 0; future < 40; ++future) {
    for (const ItemSet set : {ItemSet::report, ItemSet::tuning}) {
      const World world = make_world({7, future, set});
      const bool report = set == ItemSet::report;
      for (const Entity& entity : world.new_entities)
        (report ? report_names : tuning_names).insert(entity.name);
      for (const Change& change : world.changes)
        (report ? report_changes : tuning_changes).insert(change.entity);
    }
  }
  for (const std::string& name : tuning_names) EXPECT_FALSE(report_names.contains(name)) << name;
  for (const size_t entity : tuning_changes) EXPECT_FALSE(report_changes.contains(entity));
  EXPECT_GT(report_names.size(), 50U);  // futures do draw from a common store
}

TEST(World, ChangedHeadsDifferFromTheOldOnesAndBelongToAnsweredEntities) {
  for (uint64_t future = 0; future < 50; ++future) {
    const World world = make_world({.pair = 3, .future = future}, WorldSizes::small());
    std::set<size_t> entities;
    for (const Change& change : world.changes) {
      const Entity& entity = world.old_entities.at(change.entity);
      EXPECT_EQ(entity.exposure, Exposure::answered);
      EXPECT_EQ(entity.values[kHead], change.old_head);
      EXPECT_NE(change.new_head, change.old_head);
      const Entity changed = world.changed_entity(change);
      EXPECT_EQ(changed.values[kHead], change.new_head);
      EXPECT_EQ(changed.values[kPlace], entity.values[kPlace]);
      EXPECT_EQ(changed.name, entity.name);
      entities.insert(change.entity);
    }
    EXPECT_EQ(entities.size(), world.changes.size());
  }
}

TEST(World, EveryValueIsUsedEquallyOftenAmongAnsweredEntities) {
  const World world = make_world({.pair = 1, .future = 1});
  for (const EntityKind kind : kAllKinds) {
    for (int slot = 0; slot < kSlots; ++slot) {
      std::map<std::string, int> uses;
      for (const Entity* entity : world.with(Exposure::answered))
        if (entity->kind == kind) ++uses[entity->values[static_cast<size_t>(slot)]];
      EXPECT_EQ(uses.size(), value_pool({kind, slot}, world.sizes).size());
      for (const auto& [value, count] : uses)
        EXPECT_THAT(count, testing::AnyOf(2, 3)) << value;  // 48 over 20
    }
  }
}

TEST(World, SizesThatNoWorldCanHaveAreErrorsThatNameTheSize) {
  const auto expect = [](const std::string& words, const WorldSizes& sizes) {
    test::expect_error(ErrorKind::input, words, [&] { make_world({}, sizes); });
  };
  expect("old_per_kind is 61, expected an even number", {.old_per_kind = 61});
  expect("old_per_kind is 172", {.old_per_kind = 172});
  expect("held_out_per_kind is 1", {.held_out_per_kind = 1});
  expect("new_per_kind is 11", {.new_per_kind = 11});
  expect("changed is 49", {.changed = 49});
  expect("heads is 25", {.heads = 25});
  expect("places is 3", {.places = 3});
  expect("things is 21", {.things = 21});
}

TEST(World, TheLargestWorldIsMade) {
  const World world = make_world({1, 1, ItemSet::tuning}, {.old_per_kind = 170,
                                                           .held_out_per_kind = 34,
                                                           .new_per_kind = 28,
                                                           .changed = 60,
                                                           .heads = 24,
                                                           .places = 22,
                                                           .things = 20});
  EXPECT_EQ(names_of(world.old_entities).size(), 510U);
  EXPECT_EQ(names_of(world.new_entities).size(), 84U);
}

}  // namespace
}  // namespace evergreen::world
