// The twelve formats an answer can be asked in. A program can check each of them: `payload` reads back the
// one word that an answer gives, or tells that the answer is not in the format.
//
//   plain        anna                  twice        anna anna
//   quotes       " anna "              three times  anna anna anna
//   brackets     [ anna ]              list         - anna
//   bold         ** anna **            start word   blue anna
//   parentheses  ( anna )              end word     anna blue
//   json         { "answer": " anna " }   end phrase   anna that is all
//
// The marks stand apart from the word because byte-level vocabularies have a word after a space and the same
// word after a mark as two different tokens; the checks take either.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "evergreen/base/random.hpp"

namespace evergreen::world {

enum class Format {
  plain,
  quotes,
  brackets,
  bold,
  parentheses,
  json,
  twice,
  three_times,
  list,
  start_word,
  end_word,
  end_phrase,
};
inline constexpr int kFormats = 12;
std::string_view format_name(Format format);

struct FormatRequest {
  Format format = Format::plain;
  std::string argument;  // of start_word, end_word: the word; of end_phrase: the phrase
  friend bool operator==(const FormatRequest&, const FormatRequest&) = default;
};

// With an argument drawn where the format needs one.
FormatRequest draw_format(Format format, RandomStream& stream);

// The sentence that asks for it, in one of two wordings; empty for plain.
std::string format_instruction(const FormatRequest& request, RandomStream& stream);

std::string format_answer(const FormatRequest& request, std::string_view word);

// The word that `answer` gives, if the whole answer is in the format: white space around it and around marks
// is free, everything else is strict. A word is a run of lower-case letters.
std::optional<std::string> payload(const FormatRequest& request, std::string_view answer);

}  // namespace evergreen::world
