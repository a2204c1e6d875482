// A directory page: names of answered entities of one kind.
#pragma once

#include <string>

#include "evergreen/base/random.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

std::string directory_page(const World& world, RandomStream& stream);

}  // namespace evergreen::world
