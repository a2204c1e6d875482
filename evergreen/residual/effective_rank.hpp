// How many directions a matrix has in effect: 1 where all rows are multiples of one, up to its smaller side where
// the energy is spread evenly.
//
//   p_i = s_i / sum of s_j,   effective rank = exp(- sum of p_i log p_i)       s_i: singular values
//                     Roy and Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007
//
// Sample    of a matrix with more than `rows` rows, that many whole rows, drawn without replacement; which ones is a
//           function of (seed, name, number of rows). The value is that of the sample, so it is at most `limit` =
//           min(sampled rows, columns): near the limit says only that the matrix has no few directions, a small
//           value is close to that of the whole matrix.
// Numbers   float64, by the eigenvalues of sample * transposed sample: singular values below about 1e-7 of the
//           largest count as 0.
// Memory    the sampled rows, 4096 columns at a time, and a square of `rows`.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace evergreen {

struct RankSample {
  uint64_t rows = 256;
  uint64_t seed = 0;
};

struct EffectiveRank {
  double value = 0;    // 0: the sample is all zeros
  uint64_t limit = 0;  // what no sample of this size exceeds
  double share() const { return limit > 0 ? value / static_cast<double>(limit) : 0; }
};

// The sampled rows of a matrix of so many, ascending.
std::vector<uint64_t> sample_rows(uint64_t rows, const RankSample& sample, const std::string& name);

// Fills `out` with elements of `row` from `first_column` on; finite numbers.
using RowReader = std::function<void(uint64_t row, uint64_t first_column, std::span<double> out)>;

EffectiveRank effective_rank(uint64_t rows, uint64_t columns, const RowReader& read, const RankSample& sample,
                             const std::string& name);

}  // namespace evergreen
