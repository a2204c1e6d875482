#include "evergreen/world/article.hpp"

#include "evergreen/world/draw.hpp"
#include "evergreen/world/wording.hpp"

namespace evergreen::world {
namespace {

constexpr std::array<std::string_view, 3> kOpenings = {"news:", "report:", "today:"};
constexpr std::array<std::string_view, 5> kAsides = {"the news came today.", "no more is known.",
                                                     "the report is short.", "that is the news.",
                                                     "this is known today."};

// Which facts are told, in order: all three, then up to two of them again.
std::vector<int> told_slots(RandomStream& stream) {
  std::vector<int> slots = {kHead, kPlace, kThing};
  shuffle(slots, stream);
  std::vector<int> again = slots;
  shuffle(again, stream);
  again.resize(stream.below(3));
  slots.insert(slots.end(), again.begin(), again.end());
  return slots;
}

}  // namespace

std::string news_article(const Entity& entity, RandomStream& stream) {
  std::string text(pick(kOpenings, stream));
  bool named = false;
  for (const int slot : told_slots(stream)) {
    const RelationWording& words = wording({entity.kind, slot});
    const bool pronoun = named && chance(0.5, stream);
    const std::string_view pattern = pronoun ? pick(words.pronoun, stream) : pick(words.named, stream);
    text += ' ' + fill(pattern, entity.name, entity.values[static_cast<size_t>(slot)]);
    named = true;
  }
  if (chance(0.2, stream)) text.append(" ").append(pick(kAsides, stream));
  return text;
}

}  // namespace evergreen::world
