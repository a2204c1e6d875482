// Classes of code points, as the references define them (unicode_tables.hpp says which version of Unicode each knows).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace evergreen {

bool is_white_space(char32_t code);     // the property White_Space; also Rust's and Oniguruma's \s
bool is_word_character(char32_t code);  // Rust's \w: Alphabetic, M, Nd, Pc, Join_Control
bool is_python_space(char32_t code);    // Python's str.isspace: White_Space and U+001C to U+001F
bool is_numeric(char32_t code);         // Rust's char::is_numeric: Nd, Nl, No
bool is_punctuation(char32_t code);     // of the pre-tokenizer Punctuation: ASCII's, and P
bool is_accent(char32_t code);          // what the normaliser StripAccents takes away: M

// The lower case of `code`, one or two code points, or nothing where it is `code` itself. No rule looks at neighbours.
std::span<const uint32_t> lower_case(char32_t code);

// What the splitters and the normaliser ask of each character, in one byte: a class and flags.
struct CharTable {
  static constexpr uint8_t kOther = 0, kLetter = 1, kNumber = 2, kSpace = 3,
                           kNewline = 4;  // L, N, \s, \r or \n
  static constexpr uint8_t kClassMask = 7;
  static constexpr uint8_t kNfcActive = 8,
                           kNfkcActive = 16;  // a form may change it, or it what stands before it
  static constexpr uint8_t kNumeric = 32;     // is_numeric
  static constexpr char32_t kEnd = 0x32400;   // from here on nothing has a class or a flag

  uint8_t flags[kEnd];

  uint8_t flags_of(char32_t code) const { return code < kEnd ? flags[code] : 0; }
  uint8_t class_of(char32_t code) const { return flags_of(code) & kClassMask; }
};
const CharTable& char_table();  // made at the first call

}  // namespace evergreen
