#include "evergreen/adapter/low_rank_matrix.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

double unit_roundoff(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16:
      return 0x1p-8;
    case Dtype::f16:
      return 0x1p-11;
    case Dtype::f32:
      return 0x1p-24;
    default:
      return 0x1p-53;
  }
}

void spread_singular_values(TruncatedSvd& svd) {
  const std::vector<double>& values = svd.singular_values;
  for (int64_t k = 0; k < svd.rank(); ++k) {
    const double root = std::sqrt(values[static_cast<size_t>(k)]);
    for (int64_t i = 0; i < svd.left.rows(); ++i) svd.left(i, k) *= root;
    for (int64_t j = 0; j < svd.right.cols(); ++j) svd.right(k, j) *= root;
  }
}

// The bytes of `matrix`, which holds what they say from here on.
std::vector<std::byte> store(Matrix& matrix, Dtype dtype) {
  std::vector<std::byte> bytes(matrix.values().size() * static_cast<size_t>(dtype_bits(dtype)) / 8);
  encode(dtype, matrix.values(), bytes);
  decode(dtype, bytes, matrix.values());
  return bytes;
}

double squared_error(const StreamedMatrix& matrix, Matrix b, const Matrix& a) {
  for (double& value : b.values()) value = -value;
  std::vector<double> difference;
  double squares = 0;
  matrix.for_each_rows([&](int64_t first_row, const ConstMatrixView& rows) {
    difference.assign(rows.data, rows.data + rows.rows * rows.cols);  // rows lie back to back
    ConstMatrixView left = b.view();
    left.data = left.row(first_row);
    left.rows = rows.rows;
    add_product(left, a.view(), {difference.data(), rows.rows, rows.cols, rows.cols});
    for (const double value : difference) squares += value * value;
  });
  return squares;
}

void require_held(const StoredFactors& factors, double norm, const std::string& name,
                  const LowRankRule& rule) {
  if (!std::isfinite(factors.error_squares)) {
    throw Error(ErrorKind::input,
                fmt::format("the factors of '{}' are too large for {}", name, dtype_name(rule.dtype)), {},
                "ask for a dtype with a wider range");
  }
  if (rule.max_error == 0 || (rule.rank > 0 && !factors.within_max_error)) return;
  if (std::sqrt(factors.error_squares) <= rule.max_error * norm) return;
  throw Error(ErrorKind::input,
              fmt::format("'{}' cannot be held within {} in {}: the factors lose {:.3g}", name,
                          rule.max_error, dtype_name(rule.dtype), std::sqrt(factors.error_squares) / norm),
              {}, "ask for a wider dtype or a larger error");
}

}  // namespace

double rounding_loss(Dtype dtype) {
  const double u = unit_roundoff(dtype);
  return 2 * u + u * u;
}

StoredFactors low_rank_factors(const StreamedMatrix& matrix, const std::string& name,
                               const LowRankRule& rule) {
  SvdOptions options;
  options.max_rank = rule.rank;
  options.max_error = rule.max_error;
  options.rounding_error = rounding_loss(rule.dtype);
  TruncatedSvd svd = randomized_svd(matrix, RandomStream(rule.seed, "low_rank." + name), options);
  spread_singular_values(svd);
  StoredFactors factors;
  factors.rank = svd.rank();
  factors.within_max_error = svd.within_max_error;
  factors.b = store(svd.left, rule.dtype);
  factors.a = store(svd.right, rule.dtype);
  factors.error_squares = squared_error(matrix, std::move(svd.left), svd.right);
  require_held(factors, svd.norm, name, rule);
  return factors;
}

}  // namespace evergreen
