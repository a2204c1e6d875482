// The values that facts are made of, and the words of word tasks: single words, in no two pools.
#pragma once

#include <span>
#include <string_view>

#include "evergreen/world/kinds.hpp"
#include "evergreen/world/sizes.hpp"

namespace evergreen::world {

inline constexpr int kHeadsAvailable = 24, kPlacesAvailable = 22, kThingsAvailable = 20;

// The values of a relation, as many as `sizes` has.
std::span<const std::string_view> value_pool(const Relation& relation, const WorldSizes& sizes = {});

std::span<const std::string_view> task_words();
std::span<const std::string_view> closing_phrases();  // for "end with the phrase ..."

}  // namespace evergreen::world
