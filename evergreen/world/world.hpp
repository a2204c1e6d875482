// The built-in world: companies, clubs and countries with three facts each, before and after a cut-off.
//
//   old       known before the cut-off. Answered ones occur in every genre; held-out ones occur in news only, so that
//             a question about them tests whether a fact read in the news can be recalled by question.
//   new       appear after the cut-off, under names that were never written before.
//   changed   answered old entities whose head is replaced after the cut-off.
//
// The old entities are a function of the pair seed alone: the shipped base and instruct models know them.
// What is new or changed is a function of the pair seed, the future seed and the item set: other futures of
// the same pair. Two item sets share no held-out, no new and no changed entity.
//
// Errors    Error{input} for sizes that no world can have.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/world/kinds.hpp"
#include "evergreen/world/names.hpp"
#include "evergreen/world/sizes.hpp"

namespace evergreen::world {

enum class Exposure {
  answered,             // may occur in answered questions
  held_out_for_report,  // in news only
  held_out_for_tuning,  // in news only
  future,               // a new entity: not before the cut-off
};

struct Entity {
  std::string name;
  EntityKind kind = EntityKind::company;
  Exposure exposure = Exposure::answered;
  std::array<std::string, kSlots> values;  // head, place, thing
};

struct Change {
  size_t entity = 0;  // index among the old entities
  std::string old_head, new_head;
};

struct WorldSeeds {
  uint64_t pair = 0;
  uint64_t future = 0;
  ItemSet set = ItemSet::report;
};

struct World {
  WorldSizes sizes;
  WorldSeeds seeds;
  std::vector<Entity> old_entities;
  std::vector<Entity> new_entities;
  std::vector<Change> changes;

  std::vector<const Entity*> with(Exposure exposure) const;  // of the old entities
  Entity changed_entity(const Change& change) const;         // with its new head
};

World make_world(const WorldSeeds& seeds, const WorldSizes& sizes = {});

inline Exposure held_out_for(ItemSet set) {
  return set == ItemSet::report ? Exposure::held_out_for_report : Exposure::held_out_for_tuning;
}

}  // namespace evergreen::world
