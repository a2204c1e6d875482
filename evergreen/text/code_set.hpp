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

  CodeSet complement() const;  // within U+0000 to U+10FFFF, without the surrogates
  CodeSet without(const CodeSet& other) const;
  std::string as_class() const;  // the inside of a PCRE2 character class
  bool empty() const { return ranges_.empty(); }

 private:
  std::vector<unicode::CodeRange> ranges_;
};

// A set, and the properties of PCRE2 that come nearest to it: the same set in another version of Unicode.
struct NamedSet {
  CodeSet set;
  std::string_view nearest;
};

// \p{name} as Oniguruma knows it: general categories (L, Lu ...), Alphabetic, White_Space, some scripts. Other names are not
// known here.
std::optional<NamedSet> property_set(std::string_view name);
const NamedSet& white_space_set();  // \s
// \w: Oniguruma counts six signs of Latin-1 in (U+00B2 and others) where it stands by itself, not inside brackets.
const NamedSet& pattern_word_set(bool in_class);
const NamedSet& decimal_digit_set();  // \d

// The inside of a PCRE2 character class that is exactly the set, or everything else: PCRE2's own properties and what the
// installed version of it lacks, or ranges alone where it has too much. Asked of PCRE2 once for each set.
std::string class_of(const NamedSet& named, bool complement);

}  // namespace evergreen
