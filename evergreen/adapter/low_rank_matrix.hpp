// One matrix of the low-rank residual: from the rows of R to the factors as they are stored.
//
//   R ~ B A,   B = U sqrt(S) [m, r],   A = sqrt(S) V^T [r, n]
//
// Numbers   float64, then one rounding of each element to `dtype`. The error is that of the rounded factors, by one more
//           pass over R. Under max_error, what rounding can lose, (2 u + u^2) |B A| with u the dtype's unit roundoff, is
//           kept free.
// Errors    Error{input} if max_error cannot be held in this dtype, or a factor is too large for it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evergreen/adapter/randomized_svd.hpp"
#include "evergreen/checkpoint/dtype.hpp"

namespace evergreen {

struct LowRankRule {
  int64_t rank = 0;
  double max_error = 0;
  uint64_t seed = 0;
  Dtype dtype = Dtype::f32;
};

struct StoredFactors {
  int64_t rank = 0;
  std::vector<std::byte> a, b;   // in the rule's dtype
  double error_squares = 0;      // |R - B A|^2
  bool within_max_error = true;  // false: the rank was at its limit
};

// The random numbers are those of (seed, name).
StoredFactors low_rank_factors(const StreamedMatrix& matrix, const std::string& name,
                               const LowRankRule& rule);

// (2 u + u^2): what rounding both factors can lose, relative to |B A|.
double rounding_loss(Dtype dtype);

}  // namespace evergreen
