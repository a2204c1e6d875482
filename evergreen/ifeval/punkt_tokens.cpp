#include "evergreen/ifeval/punkt_tokens.hpp"

#include <algorithm>

#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

bool is_quote(char32_t c) {
  return c == 0x2018 || c == 0x2019 || c == 0x201C || c == 0x201D || c == 0xAB || c == 0xBB;
}

bool starts_word(char32_t c) {
  return c >= 0x80 ||
         std::string_view("(\"`{[:;&#*@)}]-,").find(static_cast<char>(c)) == std::string_view::npos;
}

size_t run_of(std::string_view text, size_t at, char c) {
  size_t end = at;
  while (end < text.size() && text[end] == c) ++end;
  return end - at;
}

// "--", "..", ". . ." and longer: the bytes of the mark that begins at `at`, 0 where none does.
size_t multi_character_mark(std::string_view text, size_t at) {
  if (at >= text.size() || (text[at] != '-' && text[at] != '.')) return 0;
  const size_t run = run_of(text, at, text[at]);
  if (run >= 2) return run;
  if (text[at] == '-') return 0;
  size_t end = at, last_period = at, pairs = 0;  // of a period and a white space
  while (end + 1 < text.size() && text[end] == '.') {
    const Utf8Char space = char_at(text, end + 1);
    if (!is_regex_space(space.code)) break;
    last_period = end;
    end += 1 + space.bytes;
    ++pairs;
  }
  // Two pairs and a period; without a period after the last pair, its own is that period.
  if (end < text.size() && text[end] == '.' && pairs >= 2) return end + 1 - at;
  if (pairs >= 3) return last_period + 1 - at;
  return 0;
}

bool ends_word(std::string_view text, size_t at, bool comma_counts = true) {
  if (at >= text.size()) return true;
  const Utf8Char c = char_at(text, at);
  if (is_regex_space(c.code) || is_punkt_non_word(c.code) || multi_character_mark(text, at) > 0) return true;
  return comma_counts && c.code == ',' && ends_word(text, at + 1, false);
}

void add_line(std::vector<PunktToken>& tokens, std::string_view line, bool paragraph) {
  bool first = true;
  for (size_t at = 0; at < line.size();) {
    const Utf8Char c = char_at(line, at);
    if (is_regex_space(c.code)) {
      at += c.bytes;
      continue;
    }
    size_t bytes = multi_character_mark(line, at);
    if (bytes == 0) {
      bytes = c.bytes;
      if (starts_word(c.code)) {
        while (!ends_word(line, at + bytes)) bytes += char_at(line, at + bytes).bytes;
      }
    }
    tokens.push_back({line.substr(at, bytes), first, first && paragraph});
    first = false;
    at += bytes;
  }
}

bool is_letter(char32_t c) { return is_regex_word(c) && !is_decimal(c); }

}  // namespace

bool is_punkt_non_word(char32_t code) {
  if (code >= 0x80) return is_quote(code);
  return std::string_view(")\";}]*:@'({[?!").find(static_cast<char>(code)) != std::string_view::npos;
}

std::vector<PunktToken> punkt_tokens(std::string_view text) {
  std::vector<PunktToken> tokens;
  bool paragraph = false;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (!strip(line).empty()) add_line(tokens, line, paragraph);
    paragraph = strip(line).empty();
    begin = end + 1;
  }
  return tokens;
}

bool PunktToken::is_initial() const {
  if (text.size() < 2 || text.back() != '.') return false;
  const Utf8Char c = char_at(text, 0);
  return size_t{c.bytes} + 1 == text.size() && is_letter(c.code);
}

bool PunktToken::is_number() const {
  size_t at = text.starts_with('-') ? 1 : 0;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) ++at;
  if (at >= text.size() || !is_decimal(char_at(text, at).code)) return false;
  while (at < text.size()) {
    const Utf8Char c = char_at(text, at);
    if (!is_decimal(c.code) && c.code != ',' && c.code != '.' && c.code != '-') return false;
    at += c.bytes;
  }
  return true;
}

bool PunktToken::is_alphabetic() const {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    if (!is_letter(c.code)) return false;
    at += c.bytes;
  }
  return true;
}

bool PunktToken::first_upper() const { return is_upper(char_at(text, 0).code); }
bool PunktToken::first_lower() const { return is_lower(char_at(text, 0).code); }

std::string PunktToken::type() const { return is_number() ? std::string(kPunktNumber) : lower(text); }

std::string PunktToken::type_no_period() const {
  std::string t = type();
  if (t.size() > 1 && t.back() == '.') t.pop_back();
  return t;
}

std::string PunktToken::type_no_sentence_period() const { return sentence_break ? type_no_period() : type(); }

}  // namespace evergreen::ifeval
