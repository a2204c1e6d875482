// The regular expressions of tokenizers: written for Oniguruma (Ruby syntax), run by PCRE2's compiled matcher.
//
// Where the two differ, the pattern is rewritten: \s is the property White_Space, \w is
// Alphabetic + M + Nd + Pc, \d is Nd, ^ and $ match at every line. Unicode tables are those of the installed
// PCRE2. Errors    Error{input} naming the construct that has no equal meaning here, with its place in the pattern.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

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

}  // namespace evergreen
