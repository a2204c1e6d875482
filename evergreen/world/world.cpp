#include "evergreen/world/world.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/world/draw.hpp"
#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

// A quarter of the held-out entities serves tuning.
int held_out_for_tuning(const WorldSizes& sizes) { return std::max(1, sizes.held_out_per_kind / 4); }

Exposure exposure_of(int i, const WorldSizes& sizes) {
  const int answered = sizes.old_per_kind - sizes.held_out_per_kind;
  if (i < answered) return Exposure::answered;
  return i < answered + held_out_for_tuning(sizes) ? Exposure::held_out_for_tuning
                                                   : Exposure::held_out_for_report;
}

// Values for `count` entities from `first` on: each value of a pool equally often, so none is unknown or a safe guess.
void assign_values(std::span<Entity> entities, const WorldSizes& sizes, uint64_t seed,
                   const std::string& purpose) {
  if (entities.empty()) return;
  for (int slot = 0; slot < kSlots; ++slot) {
    const Relation relation{entities.front().kind, slot};
    RandomStream stream(seed, fmt::format("{}.{}", purpose, relation_name(relation)));
    const auto drawn = balanced_draw(value_pool(relation, sizes), static_cast<int>(entities.size()), stream);
    for (size_t i = 0; i < entities.size(); ++i) entities[i].values[static_cast<size_t>(slot)] = drawn[i];
  }
}

std::vector<Entity> make_old(EntityKind kind, std::vector<std::string> names, const World& world) {
  RandomStream order(world.seeds.pair, fmt::format("world.old.order.{}", kind_name(kind)));
  shuffle(names, order);
  std::vector<Entity> entities;
  for (size_t i = 0; i < names.size(); ++i)
    entities.push_back({names[i], kind, exposure_of(static_cast<int>(i), world.sizes), {}});
  const auto answered = static_cast<size_t>(world.sizes.old_per_kind - world.sizes.held_out_per_kind);
  const std::span<Entity> all(entities);
  assign_values(all.first(answered), world.sizes, world.seeds.pair, "world.old.answered");
  assign_values(all.subspan(answered), world.sizes, world.seeds.pair, "world.old.held_out");
  return entities;
}

// What tells two futures apart; the pair belongs to it because the names that are free are the pair's.
std::string future_purpose(const WorldSeeds& seeds, std::string_view what) {
  return fmt::format("world.{}.{}.pair{}", seeds.set == ItemSet::report ? "report" : "tuning", what,
                     seeds.pair);
}

std::vector<Entity> make_new(EntityKind kind, std::vector<std::string> free_names, const World& world) {
  RandomStream order(world.seeds.future, future_purpose(world.seeds, kind_name(kind)));
  shuffle(free_names, order);
  std::vector<Entity> entities;
  for (int i = 0; i < world.sizes.new_per_kind; ++i)
    entities.push_back({free_names[static_cast<size_t>(i)], kind, Exposure::future, {}});
  assign_values(entities, world.sizes, world.seeds.future, future_purpose(world.seeds, "values"));
  return entities;
}

// The answered entities of a kind whose heads may change in futures of this item set: a third serves tuning.
std::vector<size_t> may_change(const World& world, EntityKind kind) {
  std::vector<size_t> answered;
  for (size_t i = 0; i < world.old_entities.size(); ++i) {
    const Entity& entity = world.old_entities[i];
    if (entity.kind == kind && entity.exposure == Exposure::answered) answered.push_back(i);
  }
  const auto third = static_cast<std::ptrdiff_t>(answered.size() / 3);
  if (world.seeds.set == ItemSet::tuning) return {answered.begin(), answered.begin() + third};
  return {answered.begin() + third, answered.end()};
}

std::vector<Change> make_changes(const World& world) {
  std::vector<Change> changes;
  for (const EntityKind kind : kAllKinds) {
    RandomStream stream(world.seeds.future,
                        future_purpose(world.seeds, fmt::format("change.{}", kind_name(kind))));
    std::vector<size_t> candidates = may_change(world, kind);
    shuffle(candidates, stream);
    const int count = world.sizes.changed / kKinds + (index_of(kind) < world.sizes.changed % kKinds ? 1 : 0);
    for (int i = 0; i < count; ++i) {
      const size_t entity = candidates[static_cast<size_t>(i)];
      const std::string& old_head = world.old_entities[entity].values[kHead];
      std::string_view new_head = old_head;
      while (new_head == old_head) new_head = pick(value_pool({kind, kHead}, world.sizes), stream);
      changes.push_back({entity, old_head, std::string(new_head)});
    }
  }
  return changes;
}

}  // namespace

std::vector<const Entity*> World::with(Exposure exposure) const {
  std::vector<const Entity*> found;
  for (const Entity& entity : old_entities)
    if (entity.exposure == exposure) found.push_back(&entity);
  return found;
}

Entity World::changed_entity(const Change& change) const {
  Entity entity = old_entities.at(change.entity);
  entity.values[kHead] = change.new_head;
  return entity;
}

World make_world(const WorldSeeds& seeds, const WorldSizes& sizes) {
  check_sizes(sizes);
  World world{sizes, seeds, {}, {}, {}};
  const NameTable names = make_names(seeds.pair, sizes.old_per_kind);
  for (const EntityKind kind : kAllKinds) {
    const int k = index_of(kind);
    const auto& free_names =
        seeds.set == ItemSet::report ? names.free_for_report[k] : names.free_for_tuning[k];
    std::ranges::move(make_old(kind, names.old_names[k], world), std::back_inserter(world.old_entities));
    std::ranges::move(make_new(kind, free_names, world), std::back_inserter(world.new_entities));
  }
  world.changes = make_changes(world);
  return world;
}

}  // namespace evergreen::world
