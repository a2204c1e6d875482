// Comparing answers: white space, words and normalisation as Python, SQuAD and lm-evaluation-harness have them.
//
// Source    Python's str.isspace for white space; SQuAD 1.1's evaluate-v1.1.py for normalisation (lower
//           case, no ASCII punctuation, no articles, single spaces) and token F1; lm-evaluation-harness' word count of wikitext.
// Numbers   ill-formed UTF-8 counts as U+FFFD, one for each maximal ill-formed part.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

std::string_view strip(std::string_view text);
std::string_view strip_end(std::string_view text);  // Python's rstrip
std::string normalize_answer(std::string_view text);
double token_f1(std::string_view prediction, std::string_view reference);  // of normalised answers

// len(re.split(r"\s+", text)): empty words at both ends count.
int64_t count_words(std::string_view text);
int64_t count_characters(std::string_view text);  // code points

}  // namespace evergreen
