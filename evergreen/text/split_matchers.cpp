#include "evergreen/text/pre_tokenizer.hpp"
#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

template <class Predicate>
bool next_character_that(Predicate&& predicate, std::string_view text, size_t from, Pattern::Match& match) {
  while (from < text.size()) {
    const Utf8Char next = decode_utf8(text, from);
    if (predicate(next.code)) {
      match = {from, from + next.bytes};
      return true;
    }
    from += next.bytes;
  }
  return false;
}

enum class WordType { space, word, symbol };

WordType word_type(char32_t code) {
  if (is_word_character(code)) return WordType::word;
  return is_white_space(code) ? WordType::space : WordType::symbol;
}

}  // namespace

bool next_numeric(std::string_view text, size_t from, Pattern::Match& match) {
  return next_character_that(is_numeric, text, from, match);
}
bool next_white_space(std::string_view text, size_t from, Pattern::Match& match) {
  return next_character_that(is_white_space, text, from, match);
}
bool next_punctuation(std::string_view text, size_t from, Pattern::Match& match) {
  return next_character_that(is_punctuation, text, from, match);
}

bool next_word(std::string_view text, size_t from, Pattern::Match& match) {
  const auto is_not_space = [](char32_t code) { return word_type(code) != WordType::space; };
  if (!next_character_that(is_not_space, text, from, match)) return false;
  const WordType type = word_type(decode_utf8(text, match.begin).code);
  while (match.end < text.size()) {
    const Utf8Char next = decode_utf8(text, match.end);
    if (word_type(next.code) != type) break;
    match.end += next.bytes;
  }
  return true;
}

}  // namespace evergreen
