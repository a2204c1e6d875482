#include <algorithm>

#include "evergreen/ifeval/keyword_matcher.hpp"
#include "evergreen/ifeval/kinds.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

std::vector<KeywordMatcher> matchers(const std::vector<std::string>& keywords, bool whole_words) {
  std::vector<KeywordMatcher> out;
  for (const std::string& keyword : keywords) out.emplace_back(keyword, whole_words);
  return out;
}

Check existence(Arguments& arguments) {
  return [all = matchers(arguments.texts("keywords"), false)](const ResponseText& response) {
    return std::all_of(all.begin(), all.end(), [&](const KeywordMatcher& k) { return k.found_in(response); });
  };
}

Check forbidden_words(Arguments& arguments) {
  return [all = matchers(arguments.texts("forbidden_words"), true)](const ResponseText& response) {
    return std::none_of(all.begin(), all.end(),
                        [&](const KeywordMatcher& k) { return k.found_in(response); });
  };
}

Check frequency(Arguments& arguments) {
  const std::string keyword(strip(arguments.text("keyword")));
  const Bound bound = arguments.bound("frequency", "relation");
  return [matcher = KeywordMatcher(keyword), bound](const ResponseText& response) {
    return bound.holds(matcher.count(response));
  };
}

size_t occurrences(std::string_view text, std::string_view part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

Check letter_frequency(Arguments& arguments) {
  const std::string letter = lower(arguments.text("letter"));
  if (count_code_points(letter) != 1) arguments.refuse("'letter' is not one character");
  const Bound bound = arguments.bound("let_frequency", "let_relation");
  return [letter, bound](const ResponseText& response) {
    return bound.holds(occurrences(response.lower(), letter));
  };
}

}  // namespace

std::vector<Kind> keyword_kinds() {
  return {{"keywords:existence", existence},
          {"keywords:forbidden_words", forbidden_words},
          {"keywords:frequency", frequency},
          {"keywords:letter_frequency", letter_frequency}};
}

}  // namespace evergreen::ifeval
