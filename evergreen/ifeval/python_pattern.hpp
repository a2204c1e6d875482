// Regular expressions in the syntax of Python's module re (str patterns), run by PCRE2.
//
// Where the two differ the pattern is rewritten: \w is letters, numbers and "_", \d is Nd, \s as str.isspace,
// \b between \w and not \w, \Z the very end, {,m} a quantifier, "[" nothing special inside a class, i and I also match
// U+0130 and U+0131 where case is ignored. What Python does not know (\p, \Q, (?R), (*VERB), POSIX classes ...) has
// no meaning of its own here either. Errors    Error{input} for a pattern that Python would refuse, for \N{name}, the flags
// a, L, u, x inside a pattern, and for a match that takes more than a million steps (Python would go on).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen::ifeval {

struct PatternFlags {
  bool ignore_case = false, multiline = false;
  bool regex_module = false;  // \w, \b and \s as the package regex has them (python_text.hpp)
};

class PythonPattern {
 public:
  explicit PythonPattern(std::string_view pattern, PatternFlags flags = {});

  bool found_in(std::string_view text) const;  // re.search
  size_t count(std::string_view text) const;   // len(re.findall)
  size_t groups() const;                       // capturing ones
  // re.findall: each match as its groups (empty where one took no part), or as itself where there is no group.
  std::vector<std::vector<std::string>> find_all(std::string_view text) const;
  // re.sub; in `replacement` \0 to \9 stand for groups.
  std::string replace(std::string_view text, std::string_view replacement) const;

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

// The pattern in PCRE2's syntax.
std::string translate_python_pattern(std::string_view pattern, PatternFlags flags = {});

// No character of it is special: it matches itself.
bool is_literal_pattern(std::string_view pattern);

}  // namespace evergreen::ifeval
