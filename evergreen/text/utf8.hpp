// UTF-8, one code point at a time, and what to do where it is ill-formed.
//
// An ill-formed part is maximal in the sense of the Unicode standard (section 3.9, "U+FFFD substitution of
// maximal subparts"), as in Python's errors="replace" and Rust's from_utf8_lossy: each becomes one U+FFFD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace evergreen {

enum class Utf8Status : uint8_t {
  valid,
  ill_formed,  // `bytes` is the length of the maximal ill-formed part
  cut_short,   // the text ends inside what could still become a code point
};

struct Utf8Char {
  char32_t code = 0xFFFD;
  uint8_t bytes = 1;
  Utf8Status status = Utf8Status::ill_formed;
};

// The code point that begins at byte `at` (at < text.size()).
Utf8Char decode_utf8(std::string_view text, size_t at);

void append_utf8(std::string& out, char32_t code);

// Where the character before byte `at` begins, and where the one that begins there ends (0 < at, at < size).
inline size_t previous_character(std::string_view valid_text, size_t at) {
  do --at;
  while (at > 0 && (static_cast<uint8_t>(valid_text[at]) & 0xC0) == 0x80);
  return at;
}
inline size_t next_character(std::string_view valid_text, size_t at) {
  do ++at;
  while (at < valid_text.size() && (static_cast<uint8_t>(valid_text[at]) & 0xC0) == 0x80);
  return at;
}

// The length of the longest well-formed beginning of `text`.
size_t valid_utf8_prefix(std::string_view text);

bool is_valid_utf8(std::string_view text);

// Moves what is complete from `bytes` to the result, ill-formed parts replaced by U+FFFD: what is left is the beginning of a
// character, or nothing.
std::string take_complete_utf8(std::string& bytes);

// Appends `text` with every ill-formed part replaced by U+FFFD; returns how many there were.
size_t append_replacing_ill_formed(std::string& out, std::string_view text);

size_t count_code_points(std::string_view valid_text);

}  // namespace evergreen
