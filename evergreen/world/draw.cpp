#include "evergreen/world/draw.hpp"

#include <algorithm>

namespace evergreen::world {

std::vector<std::string> balanced_draw(std::span<const std::string_view> pool, int count,
                                       RandomStream& stream) {
  std::vector<std::string> drawn;
  while (drawn.size() < static_cast<size_t>(count)) {
    std::vector<std::string> round(pool.begin(), pool.end());
    shuffle(round, stream);
    round.resize(std::min(round.size(), static_cast<size_t>(count) - drawn.size()));
    drawn.insert(drawn.end(), round.begin(), round.end());
  }
  shuffle(drawn, stream);
  return drawn;
}

}  // namespace evergreen::world
