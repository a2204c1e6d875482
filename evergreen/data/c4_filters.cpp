#include "evergreen/data/c4_filters.hpp"

#include <algorithm>
#include <array>

#include "evergreen/data/text_units.hpp"

namespace evergreen {
namespace {

constexpr std::array<std::string_view, 6> kPolicies = {"terms of use", "privacy policy", "cookie policy",
                                                       "uses cookies", "use of cookies", "use cookies"};
constexpr std::array<std::string_view, 7> kTerminal = {".", "!",           "?", "\"", "\xE2\x80\x9D",
                                                       "'", "\xE2\x80\x99"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Whether `text` holds `words` (lower-case), whatever its case.
bool holds(std::string_view text, std::string_view words) {
  return std::search(text.begin(), text.end(), words.begin(), words.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

bool ends_a_sentence(std::string_view line) {
  if (line.ends_with("...")) return false;
  return std::any_of(kTerminal.begin(), kTerminal.end(),
                     [&](std::string_view t) { return line.ends_with(t); });
}

// Sentences end where . ! or ? is followed by white space, closing quotation marks in between, or by the end.
int sentences_in(std::string_view text) {
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.' && text[i] != '!' && text[i] != '?') continue;
    size_t next = i + 1;
    while (next < text.size() && (text[next] == '"' || text[next] == '\'' || text[next] == ')' ||
                                  static_cast<unsigned char>(text[next]) >= 0x80))
      ++next;
    if (next == text.size() || text[next] == ' ' || text[next] == '\n') ++count;
  }
  return count;
}

// The length of a citation mark at `at`: [12], [edit], [citation needed]; 0 for none.
size_t citation_at(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view mark : {"[edit]", "[citation needed]"}) {
    if (rest.starts_with(mark)) return mark.size();
  }
  size_t end = 1;
  while (end < rest.size() && rest[end] >= '0' && rest[end] <= '9') ++end;
  return end > 1 && end < rest.size() && rest[end] == ']' ? end + 1 : 0;
}

void append_without_citations(std::string_view line, std::string& out) {
  for (size_t at = 0; at < line.size();) {
    const size_t mark = line[at] == '[' ? citation_at(line, at) : 0;
    if (mark == 0) out.push_back(line[at]);
    at += std::max<size_t>(1, mark);
  }
}

}  // namespace

Drop C4Filters::apply(std::string_view text, const C4Rules& rules, std::string& buffer,
                      std::string_view& out) {
  if (text.find('{') != std::string_view::npos) return Drop::c4_braces;
  if (holds(text, "lorem ipsum")) return Drop::c4_lorem_ipsum;
  std::string kept;
  kept.reserve(text.size());
  bool open = false;  // a blank line is due before the next kept one
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const size_t before = kept.size();
    const std::string_view line = trimmed(text.substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) {
      open = !kept.empty();
      continue;
    }
    if (open) kept.push_back('\n');
    append_without_citations(line, kept);
    const std::string_view left = trimmed(std::string_view(kept).substr(before));
    split_words(left, words_);
    const bool stays = static_cast<int>(words_.size()) >= rules.min_line_words &&
                       (!rules.terminal_punctuation || ends_a_sentence(left)) && !holds(left, "javascript") &&
                       std::none_of(kPolicies.begin(), kPolicies.end(),
                                    [&](std::string_view policy) { return holds(left, policy); });
    if (!stays) {
      kept.resize(before);
      continue;
    }
    kept.push_back('\n');
    open = false;
  }
  if (sentences_in(kept) < rules.min_sentences) return Drop::c4_sentences;
  buffer.swap(kept);
  out = trimmed(buffer);
  return Drop::none;
}

}  // namespace evergreen
