// The tokens of the Punkt algorithm: words with their period, and marks.
//
// Source    Kiss and Strunk (2006); the rules of NLTK 3.10.4's PunktLanguageVars and PunktToken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evergreen::ifeval {

struct PunktToken {
  std::string_view text;
  bool line_start = false, paragraph_start = false;                     // after an empty line
  bool sentence_break = false, abbreviation = false, ellipsis = false;  // what the tokenizer finds

  bool period_final() const { return text.ends_with('.'); }
  bool is_initial() const;  // one letter and a period
  bool is_number() const;   // digits with periods, commas and hyphens
  bool is_alphabetic() const;
  bool first_upper() const;
  bool first_lower() const;
  std::string type() const;                     // lower case, numbers as "##number##"
  std::string type_no_period() const;           // without the final period
  std::string type_no_sentence_period() const;  // without it only where it ends a sentence
};

inline constexpr std::string_view kPunktNumber = "##number##";

bool is_punkt_non_word(char32_t code);  // closing and opening marks: they never are inside of a word

// The tokens of `text`, line by line.
std::vector<PunktToken> punkt_tokens(std::string_view text);

}  // namespace evergreen::ifeval
