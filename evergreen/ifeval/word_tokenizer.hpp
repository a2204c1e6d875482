// The words and marks of a text as nltk.word_tokenize gives them: sentences by Punkt, then in each sentence the
// conventions of the Penn Treebank ("don't" is "do" and "n't", the sentence's last period is a token of its own).
//
// Source    Marcus, Santorini, Marcinkiewicz (1993), the Penn Treebank, and R. MacIntyre's tokenizer script for it; the
//           behaviour of NLTK 3.10.4's NLTKWordTokenizer. Opening quotation marks become ``, closing ones ''.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/ifeval/punkt_parameters.hpp"

namespace evergreen::ifeval {

std::vector<std::string> tokenize_words(std::string_view text,
                                        const PunktParameters& parameters = english_punkt());

// Without the split into sentences.
std::vector<std::string> tokenize_sentence(std::string_view sentence);

}  // namespace evergreen::ifeval
