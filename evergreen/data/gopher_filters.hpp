// The document filters of Gopher (Rae et al. 2021, arXiv 2112.11446, appendix A.1.1, table A1).
//
// Quality. A document is left out if it has
//   fewer than 50 or more than 100,000 words; a mean word length outside 3 to 10 characters;
//   more than 0.1 hash signs, or ellipses, a word; more than 90 % of its lines beginning with a bullet point; more than 30 % of
//   them ending in an ellipsis; fewer than 80 % of its words with a letter; fewer than two different ones of the words
//   the, be, to, of, and, that, have, with.                          (the last rule is for English only)
// Repetition. A document is left out if of it
//   duplicate lines are more than 0.30, paragraphs 0.30, by number; lines 0.20, paragraphs 0.20, by characters;
//   the most frequent 2-gram holds more than 0.20 of the characters, 3-gram 0.18, 4-gram 0.16;
//   all n-grams that occur more than once hold more than 0.15 (n = 5), 0.14, 0.13, 0.12, 0.11, 0.10 (n = 10) of the characters.
// Here a word is what stands between white space, characters of n-grams are those of its words, and of equal lines all but the
// first are duplicates.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "evergreen/data/drop_reason.hpp"
#include "evergreen/data/text_units.hpp"

namespace evergreen {

struct GopherQuality {
  int64_t min_words = 50, max_words = 100'000;
  double min_word_length = 3, max_word_length = 10;
  double max_symbols_per_word = 0.1;
  double max_bullet_lines = 0.9, max_ellipsis_lines = 0.3;
  double min_words_with_letter = 0.8;
  int min_stop_words = 2;
};

struct GopherRepetition {
  double lines = 0.30, paragraphs = 0.30, line_characters = 0.20, paragraph_characters = 0.20;
  double top_2gram = 0.20, top_3gram = 0.18, top_4gram = 0.16;
  double repeated_5gram = 0.15;  // 0.01 less for each longer one, up to 10 words
};

// Buffers of one thread; each call judges one text.
class GopherFilters {
 public:
  Drop quality(std::string_view text, const GopherQuality& limits = {});
  Drop repetition(std::string_view text, const GopherRepetition& limits = {});

 private:
  struct Share {
    double by_number = 0, by_characters = 0;
  };
  Share duplicates(const std::vector<std::string_view>& units);
  void load_words(std::string_view text);
  double top_ngram(size_t n);
  double repeated_ngrams(size_t n);

  std::vector<std::string_view> words_, units_;
  std::vector<uint64_t> hashes_;     // of words_
  std::vector<int64_t> characters_;  // before each word; one more at the end
  NgramHashes ngrams_;
  std::vector<uint64_t> table_;           // open addressing: the hash in each slot,
  std::vector<uint32_t> counts_, slots_;  // how often it occurs, and which slot each n-gram has
};

}  // namespace evergreen
