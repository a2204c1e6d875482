// Odd sentences: text about nothing with quotes, brackets, stars, lists, JSON and counting in it, so that the
// marks of every answer format are known from plain text.
#pragma once

#include <string>

#include "evergreen/base/random.hpp"

namespace evergreen::world {

std::string odd_page(RandomStream& stream);

}  // namespace evergreen::world
