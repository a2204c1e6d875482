// A regular expression: PCRE2 with UTF-8 and Unicode properties, compiled once.
//
// Errors    Error{input} for a pattern that does not compile (with the place), and for a match that takes
//           more than the library's limits allow. Ill-formed UTF-8 in the text is searched with U+FFFD in its place.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace evergreen {

class Regex {
 public:
  explicit Regex(const std::string& pattern, bool ignore_case = false);

  bool found_in(std::string_view text) const;
  bool matches(std::string_view text) const;  // the whole of it

 private:
  struct Code;
  bool run(std::string_view text, unsigned options) const;
  std::string pattern_;
  std::shared_ptr<const Code> code_;
};

}  // namespace evergreen
