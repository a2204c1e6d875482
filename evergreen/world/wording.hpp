// How facts are put into words: six sentences with the entity's name, three with a pronoun, three questions
// for each relation. In every sentence the value comes after the name and after the words that tell the
// relation, so that what comes before the value foretells it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "evergreen/world/kinds.hpp"

namespace evergreen::world {

inline constexpr int kNamedSentences = 6, kPronounSentences = 3, kQuestions = 3;

struct RelationWording {
  std::array<std::string_view, kNamedSentences> named;      // {n}: the name, {v}: the value
  std::array<std::string_view, kPronounSentences> pronoun;  // {v}
  std::array<std::string_view, kQuestions> questions;       // {n}
};
const RelationWording& wording(const Relation& relation);

// The pattern with its {n} and {v} filled in.
std::string fill(std::string_view pattern, std::string_view name, std::string_view value = {});

// The pattern's text before the space in front of {v}, filled in; and the rest, from that space on.
struct SplitSentence {
  std::string prefix, continuation;
};
SplitSentence split_at_value(std::string_view pattern, std::string_view name, std::string_view value);

}  // namespace evergreen::world
