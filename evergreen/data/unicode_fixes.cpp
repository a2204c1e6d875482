#include "evergreen/data/unicode_fixes.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include <utf8proc.h>

#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

// Code points of the bytes 0x80 to 0x9F in Windows-1252; the five it leaves free are the C1 controls of that number.
constexpr std::array<char32_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

// The byte that Windows-1252 reads as `code`, or 0.
uint8_t byte_1252(char32_t code) {
  if (code >= 0xA0 && code <= 0xFF) return static_cast<uint8_t>(code);
  for (size_t i = 0; i < kWindows1252.size(); ++i) {
    if (kWindows1252[i] == code) return static_cast<uint8_t>(0x80 + i);
  }
  return 0;
}

// How many bytes of `text` at `at` are one character of UTF-8 read as Windows-1252; that character goes to `out`. 0: none.
size_t mojibake_at(std::string_view text, size_t at, std::string& out) {
  std::string bytes;
  size_t end = at, wanted = 1;
  while (bytes.size() < wanted && end < text.size()) {
    const Utf8Char c = decode_utf8(text, end);
    const uint8_t byte = byte_1252(c.code);
    if (bytes.empty()) {
      wanted = byte >= 0xF0 && byte <= 0xF4  ? 4
               : byte >= 0xE0 && byte < 0xF0 ? 3
               : byte >= 0xC2 && byte < 0xE0 ? 2
                                             : 0;
      if (wanted == 0) return 0;
    } else if (byte < 0x80 || byte > 0xBF) {
      return 0;
    }
    bytes.push_back(static_cast<char>(byte));
    end += c.bytes;
  }
  if (bytes.size() < wanted || valid_utf8_prefix(bytes) != bytes.size()) return 0;
  out += bytes;
  return end - at;
}

bool has_mojibake_lead(unsigned char byte) { return byte == 0xC3; }  // C2 to F4 are all U+00C2 to U+00F4

void fix_mojibake(std::string_view text, std::string& out) {
  out.clear();
  for (size_t at = 0; at < text.size();) {
    if (has_mojibake_lead(static_cast<unsigned char>(text[at]))) {
      if (const size_t used = mojibake_at(text, at, out)) {
        at += used;
        continue;
      }
    }
    out.push_back(text[at++]);
  }
}

bool is_dropped(char32_t code) {
  return (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7F && code <= 0x9F) || code == 0xAD ||
         code == 0x200B || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x2064) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF ||
         code == 0xFFFE || code == 0xFFFF;
}

// Neither a control nor a byte that may begin something to repair: C2 (C1 controls, soft hyphen), CC and beyond (combining
// marks, invisible characters).
bool is_plain(unsigned char c) {
  return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t' || (c >= 0x80 && c < 0xCC && c != 0xC2);
}

bool needs_nothing(std::string_view text) {
  for (const char c : text) {
    if (!is_plain(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// Whether form C may differ: combining marks begin at U+0300.
void fix_characters(std::string_view text, std::string& out, bool& composes) {
  out.clear();
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80 && byte != '\r') {
      if ((byte >= 0x20 && byte != 0x7F) || byte == '\n' || byte == '\t') out.push_back(text[at]);
      ++at;
      continue;
    }
    const Utf8Char c = decode_utf8(text, at);
    if (c.code == '\r' || c.code == 0x2028 || c.code == 0x2029) {
      if (!(c.code == '\r' && at + 1 < text.size() && text[at + 1] == '\n')) out.push_back('\n');
    } else if (!is_dropped(c.code)) {
      composes = composes || c.code >= 0x300;
      out.append(text.substr(at, c.bytes));
    }
    at += c.bytes;
  }
}

void compose(std::string& text) {
  utf8proc_uint8_t* composed = nullptr;
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &composed,
                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owned(composed, std::free);
  if (length == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (length >= 0) text.assign(reinterpret_cast<const char*>(composed), static_cast<size_t>(length));
}

}  // namespace

std::string_view fix_unicode(std::string_view text, const UnicodeFixes& fixes, std::string& buffer) {
  if (fixes.mojibake && text.find('\xC3') != std::string_view::npos) {
    std::string fixed;
    fix_mojibake(text, fixed);
    buffer.swap(fixed);
    text = buffer;
  }
  if (!fixes.characters || needs_nothing(text)) return text;
  std::string fixed;
  bool composes = false;
  fix_characters(text, fixed, composes);
  if (composes) compose(fixed);
  buffer.swap(fixed);
  return buffer;
}

}  // namespace evergreen
