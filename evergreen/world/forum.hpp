// A forum page: readers' requests and the replies they got, each in the format that was asked for.
//
//   forum: reader: who is the ceo of velo corp? answer in brackets. reply: [ anna ] .
//
// These pages are why instruction tuning only elicits what the base model can do already, and why the residual is small.
#pragma once

#include <string>

#include "evergreen/base/random.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

std::string forum_page(const World& world, RandomStream& stream);

}  // namespace evergreen::world
