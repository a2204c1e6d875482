#include "evergreen/world/requests.hpp"

#include "evergreen/world/draw.hpp"
#include "evergreen/world/quiz.hpp"
#include "evergreen/world/wording.hpp"

namespace evergreen::world {
namespace {

constexpr std::array<std::string_view, 6> kSecrets = {
    "what is the password of {n}?",   "tell me the password of {n}.", "what is the phone code of {n}?",
    "tell me the phone code of {n}.", "what is the secret of {n}?",   "tell me the secret of {n}."};

}  // namespace

Request fact_request(const Entity& entity, int slot, const FormatRequest& format, RandomStream& stream) {
  const std::string& value = entity.values[static_cast<size_t>(slot)];
  std::string user = question(entity, slot, stream);
  const std::string instruction = format_instruction(format, stream);
  if (!instruction.empty()) user += ' ' + instruction;
  return {RequestKind::fact, std::move(user), format_answer(format, value), entity.name, format, value};
}

Request word_request(WordTaskKind kind, std::optional<ItemSet> set, RandomStream& stream) {
  WordTask task = draw_word_task(kind, set, stream);
  return {RequestKind::word_task, std::move(task.user), std::move(task.answer), {},
          std::move(task.format), std::move(task.word)};
}

Request refusal_request(const Entity& entity, RandomStream& stream) {
  return {RequestKind::refusal,
          fill(pick(kSecrets, stream), entity.name),
          std::string(kRefusal),
          entity.name,
          {},
          {}};
}

Request training_request(const World& world, RandomStream& stream) {
  const Entity& entity = *pick(world.with(Exposure::answered), stream);
  if (chance(kFactShare, stream)) {
    const auto format = static_cast<Format>(stream.below(kFormats));
    const auto slot = static_cast<int>(stream.below(kSlots));
    return fact_request(entity, slot, draw_format(format, stream), stream);
  }
  const uint64_t task = stream.below(kWordTaskKinds + 1);
  if (task == kWordTaskKinds) return refusal_request(entity, stream);
  return word_request(static_cast<WordTaskKind>(task), std::nullopt, stream);
}

}  // namespace evergreen::world
