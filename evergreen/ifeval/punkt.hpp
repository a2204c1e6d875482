// The Punkt sentence tokenizer: where a text's sentences begin and end.
//
// Every ".", "?" or "!" before white space or a closing mark may end a sentence; the words around it decide. The
// first pass goes by the word itself (abbreviation, ellipsis, else an end), the second by the next word: known pairs, its
// case against the case it usually has, words that often begin sentences, initials and ordinal numbers.
// Source    Kiss and Strunk (2006), sections 3 and 4; the behaviour of NLTK 3.10.4's PunktSentenceTokenizer.tokenize,
//           realignment of closing marks included. Time    linear in the text.
#pragma once

#include <string_view>
#include <vector>

#include "evergreen/ifeval/punkt_parameters.hpp"
#include "evergreen/ifeval/punkt_tokens.hpp"

namespace evergreen::ifeval {

// Views into `text` (well-formed UTF-8), in order.
std::vector<std::string_view> split_sentences(std::string_view text,
                                              const PunktParameters& parameters = english_punkt());

// The first pass over one token: abbreviation, ellipsis or sentence break by the word alone.
void annotate_by_type(PunktToken& token, const PunktParameters& parameters);

}  // namespace evergreen::ifeval
