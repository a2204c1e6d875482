// The regular expressions of tokenizers: written for Oniguruma (Ruby syntax), run by PCRE2's compiled matcher.
//
// Where the two differ, the pattern is rewritten: \s, \w, \d, \p{...} become the ranges of code points that Oniguruma means
// (Unicode 16, whatever the installed PCRE2 knows). What has no equal meaning here, such as properties under (?i), is refused.
//
// Errors    Error{input} naming the construct that has no equal meaning here, with its place in the pattern.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "evergreen/text/utf8.hpp"

namespace evergreen {

// The same pattern in PCRE2's syntax; `where` is what errors name.
std::string translate_pattern(std::string_view oniguruma, const std::string& where);
// A pattern that matches `text` itself.
std::string quote_pattern(std::string_view text);

// Compiled once, immutable: shared by all threads.
class Pattern {
 public:
  Pattern(std::string_view oniguruma, const std::string& where);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  struct Match {
    size_t begin = 0, end = 0;
  };
  // What one thread needs to search; make it once per text.
  class Search {
   public:
    explicit Search(const Pattern& pattern);
    ~Search();
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;
    // The leftmost match in well-formed `text` at or after byte `from`; false where there is none.
    bool next(std::string_view text, size_t from, Match& match);

   private:
    struct State;
    const Pattern& pattern_;
    std::unique_ptr<State> state_;
  };

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

// Calls `body(match)` for each match of `next` (which finds the leftmost at or after a byte) in well-formed `text`, as
// Oniguruma's iterator does: an empty match right behind the match before it does not count.
template <class Next, class Body>
void for_each_match(std::string_view text, Next&& next, Body&& body) {
  Pattern::Match match;
  size_t from = 0, last_end = std::string_view::npos;
  while (from <= text.size() && next(text, from, match)) {
    if (match.begin == match.end && match.end == last_end) {
      from = from < text.size() ? next_character(text, from) : from + 1;
      continue;
    }
    from = last_end = match.end;
    body(match);
  }
}

}  // namespace evergreen
