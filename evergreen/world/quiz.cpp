#include "evergreen/world/quiz.hpp"

#include <fmt/format.h>

#include "evergreen/world/draw.hpp"
#include "evergreen/world/wording.hpp"

namespace evergreen::world {

std::string question(const Entity& entity, int slot, RandomStream& stream) {
  return fill(pick(wording({entity.kind, slot}).questions, stream), entity.name);
}

std::string quiz_page(const World& world, RandomStream& stream) {
  const auto answered = world.with(Exposure::answered);
  std::string text = "quiz:";
  const uint64_t count = 4 + stream.below(3);
  for (uint64_t i = 0; i < count; ++i) {
    const Entity& entity = *pick(answered, stream);
    text += ' ' + question(entity, static_cast<int>(stream.below(kSlots)), stream);
  }
  return text;
}

std::string faq_page(const World& world, RandomStream& stream) {
  const Entity& entity = *pick(world.with(Exposure::answered), stream);
  std::vector<int> slots = {kHead, kPlace, kThing};
  shuffle(slots, stream);
  slots.resize(2 + stream.below(2));
  std::string text = fmt::format("questions on {}.", entity.name);
  for (const int slot : slots) {
    text += fmt::format(" q: {} a: {}.", question(entity, slot, stream),
                        entity.values[static_cast<size_t>(slot)]);
  }
  return text;
}

}  // namespace evergreen::world
