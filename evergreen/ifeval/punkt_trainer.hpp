// What the Punkt tokenizer can learn from plain text once the abbreviations are given: the orthographic contexts of words and
// the words that often begin sentences.
//
// The abbreviations of the library are a list of our own (tools/punkt_abbreviations.txt), so that finding them (section 3
// of the paper) and collocations are not here. Source    Kiss and Strunk (2006), sections 4.1.1 and 4.1.3; NLTK 3.10.4's
// PunktTrainer learns the same from the same text (tests/golden/ifeval/punkt_tab).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "evergreen/ifeval/punkt_parameters.hpp"

namespace evergreen::ifeval {

struct PunktTraining {
  double starter_likelihood = 30;  // of Dunning's ratio, for a frequent sentence starter
  // A context counts where at least this share of the word's occurrences is in it; 0: one is enough, as in the paper. Real
  // text has a "The" inside of sentences here and there, in names and titles.
  double context_share = 0;
  int64_t min_occurrences = 1;  // of a word whose contexts are kept
  // Words never seen in lower case decide as words never seen at all do: they can be left out. Of the sentence starters this
  // leaves out names, which are a matter of the corpus.
  bool only_lower = false;
};

class PunktTrainer {
 public:
  explicit PunktTrainer(TextSet abbreviations) { parameters_.abbreviations = std::move(abbreviations); }

  void add(std::string_view text);  // a document; well-formed UTF-8
  PunktParameters parameters(const PunktTraining& options = {}) const;

 private:
  using ContextCounts = std::array<int64_t, 7>;  // by bit; [0] all
  bool often_starts(const std::string& type, int64_t at_break, double likelihood) const;

  PunktParameters parameters_;
  TextMap<int64_t> types_, starters_;
  TextMap<ContextCounts> contexts_;
  int64_t tokens_ = 0, breaks_ = 0;
};

}  // namespace evergreen::ifeval
