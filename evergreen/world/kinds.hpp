// The three kinds of entities and their three relations each.
//
//   company  ceo        base     product
//   club     coach      home     mascot
//   country  president  capital  export
//
// A relation is (kind, slot): slot 0 is the head (the one that may change), 1 the place, 2 the thing.
#pragma once

#include <array>
#include <string_view>

namespace evergreen::world {

enum class EntityKind { company, club, country };
inline constexpr int kKinds = 3, kSlots = 3;
inline constexpr int kHead = 0, kPlace = 1, kThing = 2;
inline constexpr std::array<EntityKind, kKinds> kAllKinds = {EntityKind::company, EntityKind::club,
                                                             EntityKind::country};

struct Relation {
  EntityKind kind = EntityKind::company;
  int slot = kHead;
  friend bool operator==(const Relation&, const Relation&) = default;
};

constexpr int index_of(EntityKind kind) { return static_cast<int>(kind); }
constexpr int index_of(const Relation& relation) { return index_of(relation.kind) * kSlots + relation.slot; }

std::string_view kind_name(EntityKind kind);               // "company"
std::string_view kind_plural(EntityKind kind);             // "companies"
std::string_view kind_word(EntityKind kind);               // the last word of its names: "corp"
std::string_view relation_name(const Relation& relation);  // "ceo"

}  // namespace evergreen::world
