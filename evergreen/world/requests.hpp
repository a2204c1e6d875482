// Requests with answers that a program can check: what forum pages, instructions and most items are made of.
//
//   65 %  a fact, in one of the twelve formats
//   35 %  the five word tasks and the refusal, in equal shares
#pragma once

#include <optional>
#include <string>

#include "evergreen/base/random.hpp"
#include "evergreen/world/formats.hpp"
#include "evergreen/world/word_tasks.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

enum class RequestKind { fact, word_task, refusal };

struct Request {
  RequestKind kind = RequestKind::fact;
  std::string user, answer;
  std::string entity;    // the name that a fact or refusal is about
  std::string subject;   // of a word task: what it asks, without the wording
  FormatRequest format;  // of a fact, or of a word to be put in a format
  std::string value;     // the word that belongs in the format; empty where `answer` alone is right
};

inline constexpr double kFactShare = 0.65;
inline constexpr std::string_view kRefusal = "sorry, i can not say that.";

Request fact_request(const Entity& entity, int slot, const FormatRequest& format, RandomStream& stream);
Request word_request(WordTaskKind kind, std::optional<ItemSet> set, RandomStream& stream);
Request refusal_request(const Entity& entity, RandomStream& stream);  // a secret is asked

// The mixture above, about answered entities, without the word tasks that belong to items.
Request training_request(const World& world, RandomStream& stream);

}  // namespace evergreen::world
