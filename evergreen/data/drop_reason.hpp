// Why a document is left out, one reason for each rule: the rows of a run's summary.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace evergreen {

enum class Drop : uint8_t {
  none,
  empty,  // nothing but white space
  before_since,
  after_until,
  too_short,  // --min-chars, --min-words
  too_long,   // --max-chars, --max-words
  gopher_words,
  gopher_word_length,
  gopher_symbols,
  gopher_bullets,
  gopher_ellipsis_lines,
  gopher_alphabetic,
  gopher_stop_words,
  gopher_repeated_lines,
  gopher_repeated_paragraphs,
  gopher_top_ngrams,
  gopher_repeated_ngrams,
  c4_braces,
  c4_lorem_ipsum,
  c4_sentences,
  exact_duplicate,
  near_duplicate,
  contaminated,
};
inline constexpr size_t kDropReasons = 23;
using DropCounts = std::array<int64_t, kDropReasons>;

const char* drop_name(Drop reason);  // "gopher_stop_words"

}  // namespace evergreen
