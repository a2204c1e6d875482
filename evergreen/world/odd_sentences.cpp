#include "evergreen/world/odd_sentences.hpp"

#include "evergreen/world/draw.hpp"
#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

// {w}, {x}: two words of the word tasks; {p}: a closing phrase.
constexpr std::array<std::string_view, 16> kPatterns = {
    "the sign says \" {w} \" today.",
    "she wrote \" {w} \" and then \" {x} \".",
    "the word {w} is in quotes: \" {w} \" .",
    "the map shows [ {w} ] and [ {x} ] .",
    "the word {w} is in brackets: [ {w} ] .",
    "he said ** {w} ** and then ** {x} ** .",
    "the word {w} is in bold: ** {w} ** .",
    "the page ( {w} ) is known.",
    "the word {w} is in parentheses: ( {w} ) .",
    "in json we write { \"answer\": \" {w} \" } .",
    "a list: - {w} - {x} .",
    "one {w}, two {w} {w}, three {w} {w} {w}.",
    "{w} two times is {w} {w}, three times is {w} {w} {w}.",
    "start with {w} and end with {x}: {w} {x}.",
    "the first word is {w} and the last word is {x}: {w} {x}.",
    "he came and said {p}."};

std::string odd_sentence(RandomStream& stream) {
  const std::string_view pattern = pick(kPatterns, stream);
  const std::string_view w = pick(task_words(), stream), x = pick(task_words(), stream);
  const std::string_view phrase = pick(closing_phrases(), stream);
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool slot = pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}';
    if (!slot) {
      text += pattern[i];
      continue;
    }
    text += pattern[i + 1] == 'w' ? w : pattern[i + 1] == 'x' ? x : phrase;
    i += 2;
  }
  return text;
}

}  // namespace

std::string odd_page(RandomStream& stream) {
  std::string text = "notes:";
  const uint64_t count = 2 + stream.below(3);
  for (uint64_t i = 0; i < count; ++i) text += ' ' + odd_sentence(stream);
  return text;
}

}  // namespace evergreen::world
