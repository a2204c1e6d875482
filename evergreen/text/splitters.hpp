// The patterns of the families we serve, written by hand: where does the word that begins here end?
//
//   gpt2     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//   llama3   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//   qwen2    the same with \p{N} for \p{N}{1,3}
//
// Each covers a text without gaps. Letters of ASCII are looked at eight at a time. tests/text/splitters_test.cpp compares
// them with the compiled patterns, on every code point among others.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {

enum class KnownPattern : uint8_t { gpt2, llama3, qwen2 };

const char* pattern_text(KnownPattern pattern);
std::optional<KnownPattern> known_pattern(std::string_view text);

// The end of the run of ASCII letters that begins at `at`.
inline const char* skip_ascii_letters(const char* at, const char* end) {
  constexpr uint64_t kEach = 0x0101010101010101u;
  while (end - at >= 8) {
    uint64_t chars;
    std::memcpy(&chars, at, 8);
    const uint64_t lower = (chars | 0x20 * kEach) & 0x7F * kEach;
    const uint64_t from_a = lower + (0x80 - 'a') * kEach, above_z = lower + (0x7F - 'z') * kEach;
    const uint64_t others =
        ~(from_a & ~above_z & ~chars) & 0x80 * kEach;  // the upper bit of what is no letter
    if (others != 0) return at + std::countr_zero(others) / 8;
    at += 8;
  }
  while (at < end && static_cast<uint8_t>((*at | 0x20) - 'a') <= 25) ++at;
  return at;
}

// Walks over one well-formed text.
class WordSplitter {
 public:
  WordSplitter(const char* end) : table_(char_table()), end_(end) {}

 protected:
  struct Next {
    uint8_t type;
    uint8_t bytes;
  };
  Next look(const char* at) const {  // at < end
    const auto byte = static_cast<uint8_t>(*at);
    if (byte < 0x80) return {static_cast<uint8_t>(table_.flags[byte] & CharTable::kClassMask), 1};
    if (byte < 0xE0) return {type(((byte & 0x1F) << 6) | low(at[1])), 2};
    if (byte < 0xF0) return {type(((byte & 0x0F) << 12) | (low(at[1]) << 6) | low(at[2])), 3};
    return {type(((byte & 0x07) << 18) | (low(at[1]) << 12) | (low(at[2]) << 6) | low(at[3])), 4};
  }
  const char* skip(const char* at, uint8_t type) const {
    while (at < end_) {
      const Next next = look(at);
      if (next.type != type) break;
      at += next.bytes;
    }
    return at;
  }
  const char* skip_letters(const char* at) const {
    while (true) {
      at = skip_ascii_letters(at, end_);
      if (at == end_ || static_cast<uint8_t>(*at) < 0x80) return at;
      const Next next = look(at);
      if (next.type != CharTable::kLetter) return at;
      at += next.bytes;
    }
  }
  // The length of 's, 't, 're, 've, 'm, 'll, 'd behind an apostrophe at `at`; 0: none is there.
  template <bool kIgnoreCase>
  int contraction(const char* at) const {
    if (end_ - at < 2) return 0;
    const char fold = kIgnoreCase ? 0x20 : 0;
    const auto first = static_cast<char>(at[1] | fold);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    // U+017F folds to s.
    if (kIgnoreCase && end_ - at >= 3 && at[1] == '\xC5' && at[2] == '\xBF') return 3;
    if (end_ - at < 3) return 0;
    const auto second = static_cast<char>(at[2] | fold);
    if ((first == 'r' || first == 'v') && second == 'e') return 3;
    return first == 'l' && second == 'l' ? 3 : 0;
  }

  const CharTable& table_;
  const char* end_;

 private:
  static uint32_t low(char byte) { return static_cast<uint8_t>(byte) & 0x3F; }
  uint8_t type(uint32_t code) const { return table_.class_of(code); }
};

template <int kDigits>  // the most in one word
class Llama3Splitter : WordSplitter {
 public:
  using WordSplitter::WordSplitter;

  const char* next(const char* at) const {  // at < end
    const Next first = look(at);
    if (first.type == CharTable::kLetter) return skip_letters(at + first.bytes);
    if (first.type == CharTable::kNumber) return numbers(at);
    if (first.type == CharTable::kNewline) return spaces(at);
    if (*at == '\'') {
      if (const int bytes = contraction<true>(at)) return at + bytes;
    }
    const char* const second = at + first.bytes;
    if (second < end_) {
      const Next behind = look(second);
      if (behind.type == CharTable::kLetter) return skip_letters(second + behind.bytes);
      if (behind.type == CharTable::kOther && (*at == ' ' || first.type == CharTable::kOther))
        return others(second + behind.bytes);
    }
    return first.type == CharTable::kOther ? others(second) : spaces(at);
  }

 private:
  const char* numbers(const char* at) const {
    for (int i = 0; i < kDigits && at < end_; ++i) {
      const Next next = look(at);
      if (next.type != CharTable::kNumber) break;
      at += next.bytes;
    }
    return at;
  }
  const char* others(const char* at) const {
    at = skip(at, CharTable::kOther);
    while (at < end_ && (*at == '\n' || *at == '\r')) ++at;
    return at;
  }
  // Up to the last line break; else all, but for the last character where a word follows.
  const char* spaces(const char* at) const {
    const char *behind_newline = nullptr, *last = at, *walk = at;
    while (walk < end_) {
      const Next next = look(walk);
      if (next.type != CharTable::kSpace && next.type != CharTable::kNewline) break;
      last = walk;
      walk += next.bytes;
      if (next.type == CharTable::kNewline) behind_newline = walk;
    }
    if (behind_newline != nullptr) return behind_newline;
    return walk == end_ || last == at ? walk : last;
  }
};

class Gpt2Splitter : WordSplitter {
 public:
  using WordSplitter::WordSplitter;

  const char* next(const char* at) const {  // at < end
    if (*at == '\'') {
      if (const int bytes = contraction<false>(at)) return at + bytes;
    }
    const char* from = at;
    if (*at == ' ' && end_ - at > 1) from = at + 1;
    const Next first = look(from);
    switch (first.type) {
      case CharTable::kLetter:
        return skip_letters(from + first.bytes);
      case CharTable::kNumber:
      case CharTable::kOther:
        return skip(from + first.bytes, first.type);
      default:
        return spaces(at);
    }
  }

 private:
  const char* spaces(const char* at) const {
    const char *last = at, *walk = at;
    while (walk < end_) {
      const Next next = look(walk);
      if (next.type != CharTable::kSpace && next.type != CharTable::kNewline) break;
      last = walk;
      walk += next.bytes;
    }
    return walk == end_ || last == at ? walk : last;
  }
};

// Calls `body` with a splitter of the pattern for a text that ends at `end`.
template <class Body>
auto with_splitter(KnownPattern pattern, const char* end, Body&& body) {
  switch (pattern) {
    case KnownPattern::gpt2:
      return body(Gpt2Splitter(end));
    case KnownPattern::llama3:
      return body(Llama3Splitter<3>(end));
    default:
      return body(Llama3Splitter<1>(end));
  }
}

}  // namespace evergreen
