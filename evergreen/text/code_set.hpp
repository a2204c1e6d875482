// Sets of code points as sorted ranges, and the names that patterns give them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/unicode_tables.hpp"

namespace evergreen {

class CodeSet {
 public:
  CodeSet() = default;
  explicit CodeSet(std::span<const unicode::CodeRange> ranges) : ranges_(ranges.begin(), ranges.end()) {}

  CodeSet complement() const;    // within U+0000 to U+10FFFF, without the surrogates
  std::string as_class() const;  // the inside of a PCRE2 character class
  const std::vector<unicode::CodeRange>& ranges() const { return ranges_; }

 private:
  std::vector<unicode::CodeRange> ranges_;
};

// \p{name} as Oniguruma knows it: general categories (L, Lu ...), Alphabetic, White_Space, some scripts. The names of more
// properties are not known here.
std::optional<CodeSet> property_set(std::string_view name);
const CodeSet& white_space_set();    // \s
const CodeSet& pattern_word_set();   // \w
const CodeSet& decimal_digit_set();  // \d

}  // namespace evergreen
