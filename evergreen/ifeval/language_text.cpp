#include "evergreen/ifeval/language_text.hpp"

#include <algorithm>

#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

constexpr size_t kMaxCharacters = 10000;

bool is_one_of(char c, std::string_view marks) {
  const bool alphanumeric = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
  return alphanumeric || marks.find(c) != marks.npos;
}

size_t run_of(std::string_view text, size_t at, size_t most, std::string_view marks) {
  size_t n = 0;
  while (n < most && at + n < text.size() && is_one_of(text[at + n], marks)) ++n;
  return n;
}

// https?://[-_.?&~;+=/#0-9A-Za-z]{1,2076} becomes a space.
std::string without_web_addresses(std::string_view text) {
  std::string out;
  size_t done = 0;
  for (size_t at = text.find("http"); at != text.npos; at = text.find("http", at)) {
    size_t scheme = at + 4;
    if (scheme < text.size() && text[scheme] == 's') ++scheme;
    const size_t n = text.substr(scheme, 3) == "://" ? run_of(text, scheme + 3, 2076, "-_.?&~;+=/#") : 0;
    if (n == 0) {
      ++at;
      continue;
    }
    out.append(text, done, at - done) += ' ';
    at = done = scheme + 3 + n;
  }
  return out.append(text.substr(done));
}

// [-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255} becomes a space.
std::string without_mail_addresses(std::string_view text) {
  std::string out;
  size_t done = 0;
  for (size_t at = text.find('@'); at != text.npos; at = text.find('@', at)) {
    size_t begin = at;
    while (begin > done && at - begin < 64 && is_one_of(text[begin - 1], "-_.")) --begin;
    const size_t first = run_of(text, at + 1, 255, "-_");
    const size_t second = run_of(text, at + 1 + first, 255, "-_.");
    const size_t end = at + 1 + first + second;
    if (begin == at || first == 0 ||
        first + second < 2) {  // with nothing after it `first` gives one to the second part
      ++at;
      continue;
    }
    out.append(text, done, begin - done) += ' ';
    at = done = end;
  }
  return out.append(text.substr(done));
}

bool in_block(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool is_latin_extended_additional(char32_t c) { return in_block(c, 0x1E00, 0x1EFF); }

char32_t normalized(char32_t c, const LanguageProfiles& profiles) {
  if (c < 0x80) return (c | 32) >= 'a' && (c | 32) <= 'z' ? c : U' ';
  if (c <= 0xFF) return profiles.is_latin1_space(c) ? U' ' : c;
  if (c == 0x219) return 0x15F;  // Romanian: the comma below as a cedilla
  if (c == 0x21B) return 0x163;
  if (c == 0x6CC) return 0x64A;  // Farsi yeh as Arabic yeh
  if (is_latin_extended_additional(c)) return c >= 0x1EA0 ? 0x1EC3 : c;
  if (in_block(c, 0x2000, 0x206F)) return U' ';                                   // General Punctuation
  if (in_block(c, 0x3040, 0x309F)) return 0x3042;                                 // Hiragana
  if (in_block(c, 0x30A0, 0x30FF)) return 0x30A2;                                 // Katakana
  if (in_block(c, 0x3100, 0x312F) || in_block(c, 0x31A0, 0x31BF)) return 0x3105;  // Bopomofo
  if (in_block(c, 0x4E00, 0x9FFF)) return profiles.kanji(c);
  if (in_block(c, 0xAC00, 0xD7AF)) return 0xAC00;  // Hangul
  return c;
}

std::u32string joined_and_cut(std::string_view text, const LanguageProfiles& profiles) {
  std::u32string out;
  char32_t last = 0;
  size_t characters = 0;
  for (size_t at = 0; at < text.size() && characters < kMaxCharacters; ++characters) {
    Utf8Char c = char_at(text, at);
    at += c.bytes;
    if (at < text.size() && static_cast<unsigned char>(text[at]) == 0xCC) {  // U+0300 to U+033F
      const Utf8Char mark = char_at(text, at);
      if (const char32_t joined = profiles.vietnamese(c.code, mark.code)) {
        c.code = joined;
        at += mark.bytes;
      }
    }
    if (c.code != U' ' || last != U' ') out += c.code;
    last = c.code;
  }
  return out;
}

}  // namespace

std::u32string clean_language_text(std::string_view text, const LanguageProfiles& profiles) {
  std::u32string out = joined_and_cut(without_mail_addresses(without_web_addresses(text)), profiles);
  const auto is_latin = [](char32_t c) { return c >= 'A' && c <= 'z'; };
  const auto latin = std::count_if(out.begin(), out.end(), is_latin);
  const auto other = std::count_if(out.begin(), out.end(),
                                   [](char32_t c) { return c >= 0x300 && !is_latin_extended_additional(c); });
  if (latin * 2 < other) std::erase_if(out, is_latin);
  return out;
}

std::vector<int32_t> language_grams(std::u32string_view clean_text, const LanguageProfiles& profiles) {
  std::vector<int32_t> grams;
  grams.reserve(clean_text.size() * 2);
  GramKey window = U' ';  // the last three characters, from the start of the word
  int length = 1;
  bool capital_word = false, last_upper = false;
  char32_t last = U' ';
  for (const char32_t raw : clean_text) {
    const char32_t c = normalized(raw, profiles);
    const bool upper = is_upper(c);
    if (last == U' ') {
      window = U' ';
      length = 1;
      capital_word = false;
    }
    if (last != U' ' || c != U' ') {
      window = append_to_gram(window, c);
      length = std::min(length + 1, 3);
      capital_word = upper && (last_upper || capital_word);
      last = c;
      last_upper = upper;
    }
    if (capital_word) continue;
    for (int n = 1; n <= length; ++n) {
      const GramKey gram = window & ((GramKey{1} << (21 * n)) - 1);
      if (gram == U' ') continue;
      if (const int32_t number = profiles.find(gram); number >= 0) grams.push_back(number);
    }
  }
  return grams;
}

}  // namespace evergreen::ifeval
