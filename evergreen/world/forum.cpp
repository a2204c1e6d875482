#include "evergreen/world/forum.hpp"

#include <fmt/format.h>

#include "evergreen/world/requests.hpp"

namespace evergreen::world {

std::string forum_page(const World& world, RandomStream& stream) {
  std::string text = "forum:";
  const uint64_t count = 1 + stream.below(3);
  for (uint64_t i = 0; i < count; ++i) {
    const Request request = training_request(world, stream);
    text += fmt::format(" reader: {} reply: {} .", request.user, request.answer);
  }
  return text;
}

}  // namespace evergreen::world
