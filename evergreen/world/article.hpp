// A news article on one entity: each of its three facts at least once, three to five facts in all, by name
// first and then also by pronoun; at times a sentence without a fact.
#pragma once

#include <string>

#include "evergreen/base/random.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

std::string news_article(const Entity& entity, RandomStream& stream);

}  // namespace evergreen::world
