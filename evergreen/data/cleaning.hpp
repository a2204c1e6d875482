// What is done to a document's text before it is tokenised; nothing unless asked.
//
//   --clean unicode             characters repaired                                  (unicode_fixes.hpp)
//           mojibake            UTF-8 that was read as Windows-1252 read again
//           gopher-quality      Gopher's quality filters                             (gopher_filters.hpp)
//           gopher-repetition   Gopher's repetition filters
//           gopher              both
//           c4                  C4's lines and documents                             (c4_filters.hpp)
//           web                 unicode, gopher, and c4 without terminal punctuation
// In this order: characters, length limits, lines (C4), quality, repetition.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/data/c4_filters.hpp"
#include "evergreen/data/drop_reason.hpp"
#include "evergreen/data/gopher_filters.hpp"
#include "evergreen/data/unicode_fixes.hpp"

namespace evergreen {

struct CleaningOptions {
  std::vector<std::string> rules;                                      // names as above
  int64_t min_chars = 0, max_chars = 0, min_words = 0, max_words = 0;  // 0: no limit
};

// One thread's.
class Cleaner {
 public:
  explicit Cleaner(const CleaningOptions& options);  // Error{usage} for an unknown rule, with the nearest

  // `out` is the cleaned text, valid until the next call: `text` itself where nothing changed.
  Drop clean(std::string_view text, std::string_view& out);
  bool removes_controls() const { return fixes_.characters; }

 private:
  void enable(const std::string& rule);
  Drop length(std::string_view text);

  CleaningOptions options_;
  UnicodeFixes fixes_;
  bool quality_ = false, repetition_ = false, c4_ = false;
  C4Rules c4_rules_;
  GopherFilters gopher_;
  C4Filters c4_filters_;
  std::string fixed_, lines_;
  std::vector<std::string_view> words_;
};

const std::vector<std::string>& cleaning_rules();

}  // namespace evergreen
