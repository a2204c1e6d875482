// The heuristics of C4 (Raffel et al. 2020, arXiv 1910.10683, section 2.2).
//
//   lines      only those that end in a terminal punctuation mark (. ! ? or a closing quotation mark) and have at least five
//              words stay; lines with "javascript" and with the notices of policies and cookies go; citation marks of Wikipedia
//              ([1], [edit], [citation needed]) go
//   documents  with "lorem ipsum", with a curly bracket, or with fewer than three sentences are left out
// Not done: its list of bad words, its language detection (both are for English alone) and its removal of spans of three
// sentences that occur twice in the corpus (--dedup near removes near-duplicates as a whole).
// The rule on terminal punctuation takes more of the text than all others together; FineWeb does without (Penedo et
// al. 2024, arXiv 2406.17557, section 3.5), and so does the preset `web`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/data/drop_reason.hpp"

namespace evergreen {

struct C4Rules {
  bool terminal_punctuation = true;
  int min_line_words = 5;
  int min_sentences = 3;
};

class C4Filters {
 public:
  // `out` is the text that is left: `text` itself where no line goes, else held by `buffer`.
  Drop apply(std::string_view text, const C4Rules& rules, std::string& buffer, std::string_view& out);

 private:
  std::vector<std::string_view> words_;
};

}  // namespace evergreen
