#include "evergreen/world/directory.hpp"

#include <fmt/format.h>

#include "evergreen/world/draw.hpp"

namespace evergreen::world {

std::string directory_page(const World& world, RandomStream& stream) {
  const EntityKind kind = pick(kAllKinds, stream);
  std::vector<const Entity*> listed;
  for (const Entity* entity : world.with(Exposure::answered))
    if (entity->kind == kind) listed.push_back(entity);
  shuffle(listed, stream);
  listed.resize(std::min<size_t>(listed.size(), 6 + stream.below(5)));

  std::string text = fmt::format("directory of {}:", kind_plural(kind));
  for (const Entity* entity : listed) {
    text += fmt::format("{} {}", entity == listed.front() ? "" : ",", entity->name);
  }
  return text + '.';
}

}  // namespace evergreen::world
