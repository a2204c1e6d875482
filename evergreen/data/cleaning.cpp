#include "evergreen/data/cleaning.hpp"

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/data/text_units.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {

const char* drop_name(Drop reason) {
  static constexpr std::array<const char*, kDropReasons> kNames = {"none",
                                                                   "empty",
                                                                   "before_since",
                                                                   "after_until",
                                                                   "too_short",
                                                                   "too_long",
                                                                   "gopher_words",
                                                                   "gopher_word_length",
                                                                   "gopher_symbols",
                                                                   "gopher_bullets",
                                                                   "gopher_ellipsis_lines",
                                                                   "gopher_alphabetic",
                                                                   "gopher_stop_words",
                                                                   "gopher_repeated_lines",
                                                                   "gopher_repeated_paragraphs",
                                                                   "gopher_top_ngrams",
                                                                   "gopher_repeated_ngrams",
                                                                   "c4_braces",
                                                                   "c4_lorem_ipsum",
                                                                   "c4_sentences",
                                                                   "exact_duplicate",
                                                                   "near_duplicate",
                                                                   "contaminated"};
  return kNames[static_cast<size_t>(reason)];
}

const std::vector<std::string>& cleaning_rules() {
  static const std::vector<std::string> rules = {
      "unicode", "mojibake", "gopher-quality", "gopher-repetition", "gopher", "c4", "web"};
  return rules;
}

Cleaner::Cleaner(const CleaningOptions& options) : options_(options) {
  bool strict_c4 = false;
  for (const std::string& rule : options.rules) {
    enable(rule);
    strict_c4 = strict_c4 || rule == "c4";
  }
  c4_rules_.terminal_punctuation = strict_c4;
}

void Cleaner::enable(const std::string& rule) {
  if (rule == "unicode" || rule == "web") fixes_.characters = true;
  if (rule == "mojibake") fixes_.mojibake = true;
  if (rule == "gopher-quality" || rule == "gopher" || rule == "web") quality_ = true;
  if (rule == "gopher-repetition" || rule == "gopher" || rule == "web") repetition_ = true;
  if (rule == "c4" || rule == "web") c4_ = true;
  for (const std::string& known : cleaning_rules()) {
    if (rule == known) return;
  }
  throw Error(ErrorKind::usage, fmt::format("there is no rule '{}' to clean by", rule), "--clean",
              suggest_name(rule, cleaning_rules()));
}

Drop Cleaner::length(std::string_view text) {
  if (options_.min_chars > 0 || options_.max_chars > 0) {
    const auto chars = static_cast<int64_t>(count_code_points(text));
    if (chars < options_.min_chars) return Drop::too_short;
    if (options_.max_chars > 0 && chars > options_.max_chars) return Drop::too_long;
  }
  if (options_.min_words > 0 || options_.max_words > 0) {
    split_words(text, words_);
    const auto words = static_cast<int64_t>(words_.size());
    if (words < options_.min_words) return Drop::too_short;
    if (options_.max_words > 0 && words > options_.max_words) return Drop::too_long;
  }
  return Drop::none;
}

Drop Cleaner::clean(std::string_view text, std::string_view& out) {
  out = fixes_.characters || fixes_.mojibake ? fix_unicode(text, fixes_, fixed_) : text;
  if (trimmed(out).empty()) return Drop::empty;
  if (const Drop reason = length(out); reason != Drop::none) return reason;
  if (c4_) {
    if (const Drop reason = c4_filters_.apply(out, c4_rules_, lines_, out); reason != Drop::none)
      return reason;
  }
  if (quality_) {
    if (const Drop reason = gopher_.quality(out); reason != Drop::none) return reason;
  }
  return repetition_ ? gopher_.repetition(out) : Drop::none;
}

}  // namespace evergreen
