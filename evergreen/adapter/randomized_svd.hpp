// The leading singular vectors of a matrix that is never in memory as a whole: it streams by, a few rows at a time.
//
//   Halko, Martinsson, Tropp, "Finding structure with randomness", SIAM Review 2011 (arXiv 0909.4061), algorithms 4.4 and
//   5.1, on the side of the rows, so that a power of R costs one pass instead of two:
//
//     V = orth(Omega)                 Omega [n, l] Gaussian, l = rank + oversampling
//     repeat q times: V = orth(R^T (R V))      one pass over R each
//     Y = R V                                  one more
//     Y = U S W^T  ->  R ~ U S (V W)^T         the leading `rank` of them
//
// Shapes    R [m, n]; left [m, r] and right [r, n], orthonormal columns and rows; r singular values, largest first.
// Numbers   float64. |R - U S (V W)^T|^2 = |R|^2 - sum of s^2 exactly, because V is orthonormal: that is where error comes
//           from; below about 1e-8 of |R| it is rounding. A function of R, the stream of random numbers and the options.
// Memory    about 8 l (5 n + 3 m) bytes, and the rows in flight; l grows up to min(m, n) under max_error alone.
// Errors    what the stream of rows throws.
#pragma once

#include <functional>
#include <vector>

#include "evergreen/adapter/matrix_product.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {

using RowsFn = std::function<void(int64_t first_row, const ConstMatrixView& rows)>;

struct StreamedMatrix {
  int64_t rows = 0, cols = 0;
  std::function<void(const RowsFn&)> for_each_rows;  // all rows in order, anew with every call
};

struct SvdOptions {
  int64_t max_rank = 0;       // 0: up to min(m, n)
  double max_error = 0;       // > 0: the least rank with |R - approximation| <= max_error |R|, up to max_rank
  double rounding_error = 0;  // what the caller is going to lose of |approximation|, kept free in max_error
  // With these, matrices of 1024 x 1024 lose up to 1 % more than the best of rank 64 where the spectrum is nearly flat
  // (Gaussian noise, i^-0.25), and less where it decays; two iterations: up to 1.7 %, one: up to 6 %.
  int64_t oversampling = 16;
  int power_iterations = 3;
};

struct TruncatedSvd {
  Matrix left, right;
  std::vector<double> singular_values;
  double norm = 0;               // |R|, Frobenius
  double error = 0;              // |R - left diag(singular_values) right|
  bool within_max_error = true;  // false: max_rank was not enough
  int64_t rank() const { return static_cast<int64_t>(singular_values.size()); }
};

// At least one of max_rank and max_error is given. The rank is at least 1, also of a matrix of zeros.
TruncatedSvd randomized_svd(const StreamedMatrix& matrix, const RandomStream& random,
                            const SvdOptions& options);

}  // namespace evergreen
