// Names: a stem of two syllables and the word of the kind: "velo corp", "kame fc", "hapo land".
//
// Each stem is used by old entities of exactly two kinds and is free for the third: the name of a new entity
// is a known stem with a known word that never stood together before, so new names are spelled by known
// tokens. The free names are split for good: futures that are reported and futures used for tuning never share one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/world/kinds.hpp"

namespace evergreen::world {

enum class ItemSet { report, tuning };  // what a future and its items are for; the two share no entity

int max_stems();
int free_names_for_tuning(int old_per_kind);  // of each kind; a third of the free names

struct NameTable {
  std::vector<std::string> old_names[kKinds];
  std::vector<std::string> free_for_report[kKinds];
  std::vector<std::string> free_for_tuning[kKinds];
};
NameTable make_names(uint64_t pair_seed, int old_per_kind);

}  // namespace evergreen::world
