#include "evergreen/text/normalizer.hpp"

#include <algorithm>
#include <vector>

#include <utf8proc.h>

#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

using CodePoints = std::vector<utf8proc_int32_t>;

int combining_class(utf8proc_int32_t code) { return utf8proc_get_property(code)->combining_class; }

CodePoints decompose(std::string_view text) {
  CodePoints codes;
  codes.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    utf8proc_int32_t parts[32];
    int last_boundary = 0;
    const auto count = utf8proc_decompose_char(
        static_cast<utf8proc_int32_t>(next.code), parts, 32,
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &last_boundary);
    codes.insert(codes.end(), parts, parts + count);
    at += next.bytes;
  }
  return codes;
}

// Canonical order: utf8proc_decompose sorts by swapping neighbours, which is quadratic on a long run of marks.
void sort_marks(CodePoints& codes) {
  for (auto begin = codes.begin(); begin != codes.end();) {
    const auto is_starter = [](utf8proc_int32_t code) { return combining_class(code) == 0; };
    begin = std::find_if_not(begin, codes.end(), is_starter);
    const auto end = std::find_if(begin, codes.end(), is_starter);
    std::stable_sort(begin, end, [](auto a, auto b) { return combining_class(a) < combining_class(b); });
    begin = end;
  }
}

}  // namespace

bool is_surely_nfc(std::string_view text) {
  // Below U+0300 (first byte 0xCC) nothing combines and nothing decomposes in form C.
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) >= 0xCC; });
}

std::string to_nfc(std::string_view text) {
  if (is_surely_nfc(text)) return std::string(text);
  CodePoints codes = decompose(text);
  sort_marks(codes);
  const auto size =
      utf8proc_normalize_utf32(codes.data(), static_cast<utf8proc_ssize_t>(codes.size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  std::string out;
  out.reserve(text.size());
  for (utf8proc_ssize_t i = 0; i < size; ++i) append_utf8(out, static_cast<char32_t>(codes[i]));
  return out;
}

}  // namespace evergreen
