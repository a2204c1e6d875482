#include "evergreen/ifeval/keyword_matcher.hpp"

#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

bool is_word_boundary(std::string_view text, size_t at) {
  const bool before = at > 0 && is_word(char_before(text, at).code);
  const bool after = at < text.size() && is_word(char_at(text, at).code);
  return before != after;
}

}  // namespace

KeywordMatcher::KeywordMatcher(const std::string& keyword, bool whole_words) : whole_words_(whole_words) {
  if (!keyword.empty() && is_literal_pattern(keyword)) {
    folded_ = fold(keyword);
  } else {
    pattern_ = std::make_shared<PythonPattern>(whole_words ? "\\b" + keyword + "\\b" : keyword,
                                               PatternFlags{.ignore_case = true});
  }
}

size_t KeywordMatcher::find(std::string_view folded, size_t from) const {
  for (size_t at = find_text(folded, folded_, from); at != folded.npos;
       at = find_text(folded, folded_, at + 1)) {
    if (!whole_words_ || (is_word_boundary(folded, at) && is_word_boundary(folded, at + folded_.size())))
      return at;
  }
  return folded.npos;
}

bool KeywordMatcher::found_in(const ResponseText& response) const {
  return pattern_ ? pattern_->found_in(response.text())
                  : find(response.folded(), 0) != std::string_view::npos;
}

size_t KeywordMatcher::count(const ResponseText& response) const {
  if (pattern_) return pattern_->count(response.text());
  const std::string_view text = response.folded();
  size_t matches = 0;
  for (size_t at = find(text, 0); at != text.npos; at = find(text, at + folded_.size())) ++matches;
  return matches;
}

}  // namespace evergreen::ifeval
