// Matches of a keyword as re.search and re.findall with re.IGNORECASE find them.
//
// A keyword without special characters, which nearly all are, is looked for in the folded response; any other is
// compiled as the Python pattern that it is in the reference.
#pragma once

#include <cstddef>
#include <string>

#include "evergreen/ifeval/python_pattern.hpp"
#include "evergreen/ifeval/response_text.hpp"

namespace evergreen::ifeval {

class KeywordMatcher {
 public:
  explicit KeywordMatcher(const std::string& keyword, bool whole_words = false);

  bool found_in(const ResponseText& response) const;
  size_t count(const ResponseText& response) const;

 private:
  size_t find(std::string_view folded, size_t from) const;

  bool whole_words_;  // \b before and after
  std::string folded_;
  std::shared_ptr<const PythonPattern> pattern_;  // where the keyword is no literal
};

}  // namespace evergreen::ifeval
