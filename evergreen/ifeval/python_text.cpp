#include "evergreen/ifeval/python_text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <utf8proc.h>

#include "evergreen/text/unicode.hpp"

namespace evergreen::ifeval {
namespace {

utf8proc_category_t category(char32_t code) { return utf8proc_category(static_cast<utf8proc_int32_t>(code)); }

struct Range {
  char32_t first, last;
};

template <size_t N>
bool in_ranges(const std::array<Range, N>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const Range& r) { return code >= r.first && code <= r.last; });
}

// Other_Lowercase and Other_Uppercase of Unicode's PropList: cased characters that are not Ll or Lu.
constexpr std::array<Range, 24> kOtherLowercase{{
    {0xAA, 0xAA},       {0xBA, 0xBA},       {0x2B0, 0x2B8},     {0x2C0, 0x2C1},     {0x2E0, 0x2E4},
    {0x345, 0x345},     {0x37A, 0x37A},     {0x1D2C, 0x1D6A},   {0x1D78, 0x1D78},   {0x1D9B, 0x1DBF},
    {0x2071, 0x2071},   {0x207F, 0x207F},   {0x2090, 0x209C},   {0x2170, 0x217F},   {0x24D0, 0x24E9},
    {0x2C7C, 0x2C7D},   {0xA69C, 0xA69D},   {0xA770, 0xA770},   {0xA7F8, 0xA7F9},   {0xAB5C, 0xAB5F},
    {0x10780, 0x10780}, {0x10783, 0x10785}, {0x10787, 0x107B0}, {0x107B2, 0x107BA},
}};
constexpr std::array<Range, 5> kOtherUppercase{{
    {0x2160, 0x216F},
    {0x24B6, 0x24CF},
    {0x1F130, 0x1F149},
    {0x1F150, 0x1F169},
    {0x1F170, 0x1F189},
}};

// Groups of CPython's Lib/re/_casefix.py, each character with the one that stands for its group. U+0345 (a mark, in
// the group of iota) is left out: it would become a letter, and \b would see another text.
constexpr std::array<std::array<char32_t, 2>, 27> kCaseGroups{{
    {0x131, 0x69},    {0x17F, 0x73},   {0xB5, 0x3BC},   {0x1FD3, 0x390}, {0x1FE3, 0x3B0},  {0x3D0, 0x3B2},
    {0x3F5, 0x3B5},   {0x3D1, 0x3B8},  {0x1FBE, 0x3B9}, {0x3F0, 0x3BA},  {0x3D6, 0x3C0},   {0x3F1, 0x3C1},
    {0x3C2, 0x3C3},   {0x3D5, 0x3C6},  {0x1C80, 0x432}, {0x1C81, 0x434}, {0x1C82, 0x43E},  {0x1C83, 0x441},
    {0x1C84, 0x442},  {0x1C85, 0x442}, {0x1C86, 0x44A}, {0x1C87, 0x463}, {0x1C88, 0xA64B}, {0x1E9B, 0x1E61},
    {0xFB06, 0xFB05}, {0x69, 0x69},    {0x73, 0x73},
}};

char32_t fold_char(char32_t code) {
  const char32_t low = simple_lower(code);
  for (const auto& [member, stands_for] : kCaseGroups) {
    if (low == member) return stands_for;
  }
  return low;
}

bool is_cased(char32_t code) { return is_upper(code) || is_lower(code) || is_title(code); }

// Unicode's Case_Ignorable, near enough: marks, modifiers and the punctuation of Word_Break = MidLetter and MidNumLet.
bool is_case_ignorable(char32_t code) {
  switch (code) {
    case '\'':
    case '.':
    case ':':
    case '^':
    case '`':
    case 0xAD:
    case 0xB7:
    case 0x387:
    case 0x55F:
    case 0x5F4:
    case 0x2018:
    case 0x2019:
    case 0x2024:
    case 0x2027:
    case 0xFE13:
    case 0xFE52:
    case 0xFE55:
    case 0xFF07:
    case 0xFF0E:
    case 0xFF1A:
      return true;
    default:
      break;
  }
  switch (category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return false;
  }
}

// The condition Final_Sigma of Unicode's SpecialCasing for the character at [begin, end).
bool is_final_sigma(std::string_view text, size_t begin, size_t end) {
  size_t at = begin;
  char32_t before = 0;
  while (at > 0) {
    const Utf8Char c = char_before(text, at);
    at -= c.bytes;
    before = c.code;
    if (!is_case_ignorable(before)) break;
    before = 0;
  }
  if (before == 0 || !is_cased(before)) return false;
  for (at = end; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    at += c.bytes;
    if (!is_case_ignorable(c.code)) return !is_cased(c.code);
  }
  return true;
}

void append_lower(std::string& out, char32_t code) {
  if (code == 0x130) {
    out += "i\u0307";
  } else {
    append_utf8(out, simple_lower(code));
  }
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

bool is_word(char32_t code) {
  if (code < 0x80) {
    return (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'z') || code == '_';
  }
  switch (category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

bool is_regex_word(char32_t code) { return code < 0x80 ? is_word(code) : is_word_character(code); }

bool is_regex_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= 0x09 && code <= 0x0D);
  return is_white_space(code);
}

bool is_decimal(char32_t code) {
  if (code < 0x80) return code >= '0' && code <= '9';
  return category(code) == UTF8PROC_CATEGORY_ND;
}

bool is_upper(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z';
  return category(code) == UTF8PROC_CATEGORY_LU || in_ranges(kOtherUppercase, code);
}

bool is_lower(char32_t code) {
  if (code < 0x80) return code >= 'a' && code <= 'z';
  return category(code) == UTF8PROC_CATEGORY_LL || in_ranges(kOtherLowercase, code);
}

bool is_title(char32_t code) { return code >= 0x80 && category(code) == UTF8PROC_CATEGORY_LT; }

bool is_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x1F);
  return is_python_space(code);
}

char32_t simple_lower(char32_t code) {
  if (code < 0x80) return static_cast<char32_t>(ascii_lower(static_cast<char>(code)));
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code)));
}

bool all_upper(std::string_view text) {
  bool cased = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    at += c.bytes;
    if (is_lower(c.code) || is_title(c.code)) return false;
    cased = cased || is_upper(c.code);
  }
  return cased;
}

bool all_lower(std::string_view text) {
  bool cased = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    at += c.bytes;
    if (is_upper(c.code) || is_title(c.code)) return false;
    cased = cased || is_lower(c.code);
  }
  return cased;
}

std::string lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      out += ascii_lower(text[at++]);
      continue;
    }
    const Utf8Char c = decode_utf8(text, at);
    if (c.code == 0x3A3) {
      append_utf8(out, is_final_sigma(text, at, at + c.bytes) ? 0x3C2 : 0x3C3);
    } else {
      append_lower(out, c.code);
    }
    at += c.bytes;
  }
  return out;
}

std::string lower_each(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    append_lower(out, c.code);
    at += c.bytes;
  }
  return out;
}

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      out += ascii_lower(text[at++]);
      continue;
    }
    const Utf8Char c = decode_utf8(text, at);
    append_utf8(out, fold_char(c.code));
    at += c.bytes;
  }
  return out;
}

Utf8Char char_before(std::string_view text, size_t end) {
  size_t at = end - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return char_at(text, at);
}

std::string_view strip_end(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = char_before(text, text.size());
    if (!is_space(c.code)) break;
    text.remove_suffix(c.bytes);
  }
  return text;
}

std::string_view strip(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = char_at(text, 0);
    if (!is_space(c.code)) break;
    text.remove_prefix(c.bytes);
  }
  return strip_end(text);
}

std::string_view strip_start_chars(std::string_view text, std::string_view ascii) {
  while (!text.empty() && ascii.find(text.front()) != ascii.npos) text.remove_prefix(1);
  return text;
}

std::string_view strip_end_chars(std::string_view text, std::string_view ascii) {
  while (!text.empty() && ascii.find(text.back()) != ascii.npos) text.remove_suffix(1);
  return text;
}

std::string_view strip_chars(std::string_view text, std::string_view ascii) {
  return strip_end_chars(strip_start_chars(text, ascii), ascii);
}

std::string_view first_word(std::string_view text) {
  text = strip(text);
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    if (is_space(c.code)) return text.substr(0, at);
    at += c.bytes;
  }
  return text;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == text.npos) return parts;
    begin = end + separator.size();
  }
}

size_t find_any(std::string_view text, std::string_view ascii, size_t from) {
  std::array<bool, 256> wanted{};
  for (const char c : ascii) wanted[static_cast<unsigned char>(c)] = true;
  while (from < text.size() && !wanted[static_cast<unsigned char>(text[from])]) ++from;
  return from < text.size() ? from : text.npos;
}

size_t find_text(std::string_view text, std::string_view part, size_t from) {
  if (from > text.size()) return text.npos;
  const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? text.npos : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

size_t count_words(std::string_view text) {
  size_t words = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    at += c.bytes;
    const bool word = is_regex_word(c.code);
    words += word && !inside;
    inside = word;
  }
  return words;
}

}  // namespace evergreen::ifeval
