// Python 3's str over UTF-8: what IFEval's reference checker leans on, character class for character class.
//
//   \w              letters (L*), numbers (N*) and "_"; marks such as U+0301 are not in it
//   \w of regex     Alphabetic, marks, Nd, Pc, joiners: NLTK from 3.10 on runs its patterns by the package regex, whose
//                   \s is White_Space alone
//   isupper         at least one Uppercase character, none that is Lowercase or titlecase; islower likewise
//   lower           the full mapping: U+0130 becomes two code points, a final sigma is U+03C2
//   \s, strip       White_Space and U+001C to U+001F
//   re.IGNORECASE   equal after lower(), or in one of the groups of CPython's Lib/re/_casefix.py (k and the Kelvin sign,
//                   i and dotless i, the two sigmas, ...)
//
// Source    CPython 3.11 (Objects/unicodeobject.c, Lib/re); Unicode's DerivedCoreProperties. The tables are those
//           of the installed utf8proc. The text is well-formed UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/utf8.hpp"

namespace evergreen::ifeval {

bool is_word(char32_t code);         // \w of re
bool is_regex_word(char32_t code);   // \w of regex
bool is_regex_space(char32_t code);  // \s of regex
bool is_decimal(char32_t code);      // \d: Nd
bool is_upper(char32_t code);        // Uppercase
bool is_lower(char32_t code);        // Lowercase
bool is_title(char32_t code);        // Lt
char32_t simple_lower(char32_t code);

bool all_upper(std::string_view text);  // str.isupper
bool all_lower(std::string_view text);  // str.islower

std::string lower(std::string_view text);       // str.lower of the whole
std::string lower_each(std::string_view text);  // of each character for itself: no final sigma
std::string fold(
    std::string_view text);  // one form for all texts that re.IGNORECASE finds equal, character by character

std::string_view strip(std::string_view text);
std::string_view strip_end(std::string_view text);                                  // rstrip()
std::string_view strip_chars(std::string_view text, std::string_view ascii);        // strip(chars)
std::string_view strip_start_chars(std::string_view text, std::string_view ascii);  // lstrip(chars)
std::string_view strip_end_chars(std::string_view text, std::string_view ascii);    // rstrip(chars)
std::string_view first_word(std::string_view text);  // split()[0]; empty where there is none

std::vector<std::string_view> split(std::string_view text, std::string_view separator);
// The first place at or after `from` of one of the characters or of the text; npos where there is none. string_view's own
// functions call memchr for every character, or for every place where the first one is.
size_t find_any(std::string_view text, std::string_view ascii, size_t from = 0);
size_t find_text(std::string_view text, std::string_view part, size_t from = 0);
size_t count_words(std::string_view text);  // matches of \w+, with regex

// The code point at byte `at`; the ASCII case without a call.
inline Utf8Char char_at(std::string_view text, size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x80) return {byte, 1, Utf8Status::valid};
  return decode_utf8(text, at);
}
// The code point that ends before byte `end` (end > 0).
Utf8Char char_before(std::string_view text, size_t end);

bool is_space(char32_t code);  // \s of re, str.isspace

}  // namespace evergreen::ifeval
