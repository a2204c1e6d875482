// Requests about words: repeat, first or last word, write a word n times, put a word in a format.
//
// Each task belongs, by what it asks (not by its wording), to training text or to one of the item sets for good.
#pragma once

#include <optional>
#include <string>

#include "evergreen/base/random.hpp"
#include "evergreen/world/formats.hpp"
#include "evergreen/world/names.hpp"

namespace evergreen::world {

enum class WordTaskKind { repeat, first_word, last_word, write_times, format_word };
inline constexpr int kWordTaskKinds = 5;
std::string_view word_task_name(WordTaskKind kind);

struct WordTask {
  WordTaskKind kind = WordTaskKind::repeat;
  std::string subject;  // what it asks, without the wording: "stone in bold"
  std::string user, answer;
  FormatRequest format;  // of format_word
  std::string word;      // of format_word: what stands in the format
};

// A task of that kind for the item set, or for training text where there is none.
WordTask draw_word_task(WordTaskKind kind, std::optional<ItemSet> set, RandomStream& stream);

}  // namespace evergreen::world
