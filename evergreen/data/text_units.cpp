#include "evergreen/data/text_units.hpp"

#include <algorithm>

#include <utf8proc.h>

#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kBase = 0x9E3779B97F4A7C15ULL;  // odd

bool is_ascii_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The length of the white space at `at`, or 0.
size_t space_at(std::string_view text, size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x80) return is_ascii_space(c) ? 1 : 0;
  if (c != 0xC2 && c != 0xE2 && c != 0xE3) return 0;
  const Utf8Char u = decode_utf8(text, at);
  const bool space =
      u.code == 0x85 || u.code == 0xA0 || (u.code >= 0x2000 && u.code <= 0x200A) || u.code == 0x3000;
  return space ? u.bytes : 0;
}

bool is_own_word(char32_t c) {
  return (c >= 0x2E80 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF) ||
         (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF);
}

bool is_punctuation(char32_t c) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_SO;
}

// What an ASCII character is to a word: 0 ends it, 1 is left out (punctuation), else the lower-case letter or digit.
constexpr auto kAscii = [] {
  struct Table {
    unsigned char of[128] = {};
  } table;
  for (int c = 0; c < 128; ++c) {
    const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
    table.of[c] = c == ' ' || (c >= '\t' && c <= '\r') ? 0 : upper ? c + 32 : lower || digit ? c : 1;
  }
  return table;
}();

}  // namespace

bool is_letter(char32_t code) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

uint64_t mix_bits(uint64_t x) {  // the finaliser of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_ascii_space(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

void split_words(std::string_view text, std::vector<std::string_view>& words) {
  words.clear();
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t space = space_at(text, at);
    if (space == 0) {
      ++at;
      continue;
    }
    if (at > begin) words.push_back(text.substr(begin, at - begin));
    begin = at += space;
  }
  if (text.size() > begin) words.push_back(text.substr(begin));
}

void split_lines(std::string_view text, std::vector<std::string_view>& lines) {
  lines.clear();
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = trimmed(text.substr(begin, end - begin));
    if (!line.empty()) lines.push_back(line);
    begin = end + 1;
  }
}

void split_paragraphs(std::string_view text, std::vector<std::string_view>& paragraphs) {
  paragraphs.clear();
  size_t begin = std::string_view::npos, end = 0;  // of the paragraph that is open
  const auto close = [&] {
    if (begin != std::string_view::npos) paragraphs.push_back(trimmed(text.substr(begin, end - begin)));
    begin = std::string_view::npos;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t line_end = std::min(text.find('\n', at), text.size());
    if (trimmed(text.substr(at, line_end - at)).empty()) {
      close();
    } else {
      if (begin == std::string_view::npos) begin = at;
      end = line_end;
    }
    at = line_end + 1;
  }
  close();
}

void hash_words(std::string_view text, std::vector<uint64_t>& hashes) {
  hashes.clear();
  uint64_t hash = 0;
  bool open = false;
  const auto close = [&] {
    if (open) hashes.push_back(mix_bits(hash));
    hash = 0;
    open = false;
  };
  const auto add = [&](uint64_t c) {
    hash = (hash ^ c) * kBase;
    hash ^= hash >> 29;
    open = true;
  };
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      const unsigned char c = kAscii.of[byte];
      if (c == 0) {
        close();
      } else if (c != 1) {
        add(c);
      }
      ++at;
      continue;
    }
    if (const size_t space = space_at(text, at)) {
      close();
      at += space;
      continue;
    }
    const Utf8Char c = decode_utf8(text, at);
    at += c.bytes;
    if (is_own_word(c.code)) {
      close();
      if (!is_punctuation(c.code)) add(c.code);
      close();
    } else if (!is_punctuation(c.code)) {
      add(static_cast<uint64_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c.code))));
    }
  }
  close();
}

void NgramHashes::assign(const std::vector<uint64_t>& words) {
  prefix_.resize(words.size() + 1);
  for (size_t i = 0; i < words.size(); ++i) prefix_[i + 1] = prefix_[i] * kBase + words[i];
  while (powers_.size() <= words.size()) powers_.push_back(powers_.back() * kBase);
}

uint64_t NgramHashes::of(size_t first, size_t n) const {
  return mix_bits(prefix_[first + n] - prefix_[first] * powers_[n]);
}

}  // namespace evergreen
