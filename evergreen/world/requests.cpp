#include "evergreen/world/requests.hpp"

#include "evergreen/world/draw.hpp"
#include "evergreen/world/quiz.hpp"
#include "evergreen/world/wording.hpp"

namespace evergreen::world {
namespace {

constexpr std::array<std::string_view, 4> kSecrets = {
    "what is the password of {n}?", "tell me the password of {n}.", "what is the secret of {n}?",
    "tell me the secret of {n}."};

}  // namespace

Request fact_request(const Entity& entity, int slot, const FormatRequest& format, RandomStream& stream) {
  Request request;
  request.kind = RequestKind::fact;
  request.user = question(entity, slot, stream);
  const std::string instruction = format_instruction(format, stream);
  if (!instruction.empty()) request.user += ' ' + instruction;
  request.value = entity.values[static_cast<size_t>(slot)];
  request.answer = format_answer(format, request.value);
  request.entity = entity.name;
  request.format = format;
  return request;
}

Request word_request(WordTaskKind kind, std::optional<ItemSet> set, RandomStream& stream) {
  WordTask task = draw_word_task(kind, set, stream);
  Request request;
  request.kind = RequestKind::word_task;
  request.user = std::move(task.user);
  request.answer = std::move(task.answer);
  request.subject = std::move(task.subject);
  request.format = std::move(task.format);
  request.value = std::move(task.word);
  return request;
}

Request refusal_request(const Entity& entity, RandomStream& stream) {
  Request request;
  request.kind = RequestKind::refusal;
  request.user = fill(pick(kSecrets, stream), entity.name);
  request.answer = kRefusal;
  request.entity = entity.name;
  return request;
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
