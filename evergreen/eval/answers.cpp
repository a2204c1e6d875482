#include "evergreen/eval/answers.hpp"

#include <algorithm>
#include <map>

#include <utf8proc.h>

#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

template <class F>  // f(code point, first byte, byte after it)
void for_each_char(std::string_view text, F&& f) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = decode_utf8(text, at);
    f(c.code, at, at + c.bytes);
    at += c.bytes;
  }
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words(1);
  for_each_char(text, [&](char32_t c, size_t, size_t) {
    if (!is_python_space(c))
      append_utf8(words.back(), c);
    else if (!words.back().empty())
      words.emplace_back();
  });
  if (words.back().empty()) words.pop_back();
  return words;
}

std::vector<std::string> normalized_words(std::string_view text) {
  std::string plain;
  for_each_char(text, [&](char32_t c, size_t, size_t) {
    if (!is_ascii_punctuation(c))
      append_utf8(plain, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  });
  std::vector<std::string> words = split_words(plain);
  std::erase_if(words, [](const std::string& w) { return w == "a" || w == "an" || w == "the"; });
  return words;
}

}  // namespace

std::string_view strip(std::string_view text) {
  size_t first = text.size(), last = 0;
  for_each_char(text, [&](char32_t c, size_t begin, size_t end) {
    if (is_python_space(c)) return;
    first = std::min(first, begin);
    last = end;
  });
  return first < last ? text.substr(first, last - first) : std::string_view();
}

std::string_view strip_end(std::string_view text) {
  const std::string_view stripped = strip(text);
  return stripped.empty()
             ? stripped
             : text.substr(0, static_cast<size_t>(stripped.data() + stripped.size() - text.data()));
}

std::string normalize_answer(std::string_view text) {
  std::string out;
  for (const std::string& word : normalized_words(text)) out += (out.empty() ? "" : " ") + word;
  return out;
}

double token_f1(std::string_view prediction, std::string_view reference) {
  const std::vector<std::string> said = normalized_words(prediction), right = normalized_words(reference);
  if (said.empty() || right.empty()) return said.empty() && right.empty() ? 1.0 : 0.0;
  std::map<std::string, int64_t> left;
  for (const std::string& word : right) ++left[word];
  double common = 0;
  for (const std::string& word : said) {
    if (const auto found = left.find(word); found != left.end() && found->second-- > 0) ++common;
  }
  // 2 / (1 / precision + 1 / recall)
  return 2 * common / static_cast<double>(said.size() + right.size());
}

int64_t count_words(std::string_view text) {
  int64_t words = 1;
  bool in_space = false;
  for_each_char(text, [&](char32_t c, size_t, size_t) {
    if (is_python_space(c) && !in_space) ++words;
    in_space = is_python_space(c);
  });
  return words;
}

int64_t count_characters(std::string_view text) {
  int64_t count = 0;
  for_each_char(text, [&](char32_t, size_t, size_t) { ++count; });
  return count;
}

}  // namespace evergreen
