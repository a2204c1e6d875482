#include "evergreen/ifeval/kinds.hpp"
#include "evergreen/ifeval/punkt.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

Check number_sentences(Arguments& arguments) {
  return [bound = arguments.bound("num_sentences", "relation")](const ResponseText& response) {
    return bound.holds(split_sentences(response.text(), response.punkt()).size());
  };
}

Check number_words(Arguments& arguments) {
  return [bound = arguments.bound("num_words", "relation")](const ResponseText& response) {
    return bound.holds(count_words(response.text()));
  };
}

// The parts between matches of \s?\*\*\*\s?.
std::vector<std::string_view> split_at_dividers(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t at = text.find("***"); at != text.npos; at = text.find("***", begin)) {
    size_t end = at, next = at + 3;
    if (end > begin) {
      const Utf8Char before = char_before(text, end);
      if (is_space(before.code)) end -= before.bytes;
    }
    if (next < text.size()) {
      const Utf8Char after = char_at(text, next);
      if (is_space(after.code)) next += after.bytes;
    }
    parts.push_back(text.substr(begin, end - begin));
    begin = next;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

// Empty parts at the ends don't count, an empty part between is a fault.
Check number_paragraphs(Arguments& arguments) {
  return [wanted = arguments.number("num_paragraphs")](const ResponseText& response) {
    const std::vector<std::string_view> parts = split_at_dividers(response.text());
    size_t paragraphs = parts.size();
    for (size_t i = 0; i < parts.size(); ++i) {
      if (!strip(parts[i]).empty()) continue;
      if (i != 0 && i + 1 != parts.size()) return false;
      --paragraphs;
    }
    return static_cast<double>(paragraphs) == wanted;
  };
}

// The first word in lower case, up to a mark of punctuation.
std::string bare_first_word(std::string_view paragraph) {
  std::string_view word = first_word(paragraph);
  word = strip_start_chars(strip_start_chars(word, "'"), "\"");
  return lower_each(word.substr(0, word.find_first_of(".,?!'\"")));
}

Check nth_paragraph_first_word(Arguments& arguments) {
  const double wanted = arguments.number("num_paragraphs");
  const size_t nth = arguments.whole_number("nth_paragraph");
  const std::string word = lower(arguments.text("first_word"));
  if (static_cast<double>(nth) > wanted) {
    arguments.refuse("'nth_paragraph' is more than 'num_paragraphs'",
                     "the reference checker would draw a random one");
  }
  return [wanted, nth, word](const ResponseText& response) {
    const std::vector<std::string_view> parts = split(response.text(), "\n\n");
    size_t paragraphs = parts.size();
    for (const std::string_view part : parts) paragraphs -= strip(part).empty();
    if (nth > paragraphs) return false;
    const std::string_view paragraph = strip(parts[nth - 1]);  // empty parts count here, as in the reference
    if (paragraph.empty()) return false;
    return static_cast<double>(paragraphs) == wanted && bare_first_word(paragraph) == word;
  };
}

}  // namespace

std::vector<Kind> length_kinds() {
  return {{"length_constraints:nth_paragraph_first_word", nth_paragraph_first_word},
          {"length_constraints:number_paragraphs", number_paragraphs},
          {"length_constraints:number_sentences", number_sentences},
          {"length_constraints:number_words", number_words}};
}

}  // namespace evergreen::ifeval
