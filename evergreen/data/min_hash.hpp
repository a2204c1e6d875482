// MinHash signatures (Broder, "On the resemblance and containment of documents", 1997) and their bands for
// locality-sensitive hashing (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4).
//
//   shingles   runs of `ngram` words, lower-cased and without punctuation (hash_words)
//   signature  the least value of each of bands * rows hash functions over all shingles; two texts agree in a place with
//              a probability of their Jaccard similarity J
//   bands      of `rows` places each: texts that agree in a whole band are candidates, which happens with 1 - (1 - J^rows)^bands
//   verified   candidates are duplicates if the estimate of J from the signatures reaches `threshold`. Of each place 8 bits
//              are kept (b-bit minwise hashing, Li and Koenig 2010): J = (agreeing - 1/256) / (1 - 1/256), with a standard
//              error of sqrt(J (1 - J) / places), 0.04 here.
// The defaults are FineWeb's: 5-grams, 14 bands of 8, for documents that are at least 75 % alike (Penedo et al. 2024,
// arXiv 2406.17557, section 3.4): two texts of J = 0.75 are candidates with 77 %, of 0.85 with 99 %, of 0.5 with 5 %.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evergreen/data/text_units.hpp"

namespace evergreen {

struct MinHashOptions {
  int ngram = 5;
  int bands = 14, rows = 8;
  double threshold = 0.75;

  int places() const { return bands * rows; }
};

void require_valid(const MinHashOptions& options);  // Error{usage}

// One thread's.
class MinHash {
 public:
  explicit MinHash(const MinHashOptions& options);

  // Texts of fewer words than a shingle are one shingle; false for a text without words, which is like no other.
  bool sign(std::string_view text);
  std::span<const uint32_t> values() const { return std::span(values_).first(places_); }
  void append_bands(std::vector<uint64_t>& out) const;  // `bands` hashes
  void append_bytes(std::vector<uint8_t>& out) const;   // `places` bytes

 private:
  MinHashOptions options_;
  size_t places_;
  std::vector<uint32_t> factors_, offsets_, values_;  // padded to whole vectors
  std::vector<uint32_t> shingles_;
  std::vector<uint64_t> words_;
  NgramHashes ngrams_;
};

// Estimate of the Jaccard similarity from two signatures of bytes.
double estimated_similarity(std::span<const uint8_t> a, std::span<const uint8_t> b);

}  // namespace evergreen
