#include "evergreen/adapter/randomized_svd.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <Eigen/QR>
#include <Eigen/SVD>

namespace evergreen {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int64_t kFirstRank = 64;  // that max_error alone tries

Eigen::Map<const RowMajor> map_of(const Matrix& matrix) {
  return {matrix.values().data(), matrix.rows(), matrix.cols()};
}

Matrix matrix_of(const RowMajor& values) {
  Matrix matrix(values.rows(), values.cols());
  std::copy_n(values.data(), values.size(), matrix.values().begin());
  return matrix;
}

Matrix orthonormal(const Matrix& matrix) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(map_of(matrix));
  return matrix_of(qr.householderQ() * Eigen::MatrixXd::Identity(matrix.rows(), matrix.cols()));
}

// `known` and random columns beside it: [cols of R, width].
Matrix widen(const Matrix& known, int64_t rows, int64_t width, RandomStream& random) {
  Matrix wide(rows, width);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < width; ++j) wide(i, j) = j < known.cols() ? known(i, j) : random.normal();
  }
  return wide;
}

class RangeFinder {
 public:
  RangeFinder(const StreamedMatrix& matrix, const RandomStream& random) : matrix_(matrix), random_(random) {}

  // `width` vectors, those of the last call among them, through all power iterations.
  void find(int64_t width, int power_iterations) {
    basis_ = orthonormal(widen(basis_, matrix_.cols, width, random_));
    if (width == matrix_.cols) return;  // they span everything
    for (int i = 0; i < power_iterations; ++i) basis_ = orthonormal(apply_gram());
  }

  const Matrix& basis() const { return basis_; }

  // R V, and |R|^2 beside it.
  Matrix project(double& squares) const {
    Matrix projection(matrix_.rows, basis_.cols());
    squares = 0;
    matrix_.for_each_rows([&](int64_t first_row, const ConstMatrixView& rows) {
      MatrixView part = projection.view();
      part.data = part.row(first_row);
      part.rows = rows.rows;
      add_product(rows, basis_.view(), part);
      for (int64_t i = 0; i < rows.rows; ++i) squares += sum_of_squares(rows.row(i), rows.cols);
    });
    return projection;
  }

 private:
  static double sum_of_squares(const double* values, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += values[i] * values[i];
    return sum;
  }

  // R^T (R V), in one pass.
  Matrix apply_gram() const {
    Matrix result(matrix_.cols, basis_.cols());
    matrix_.for_each_rows([&](int64_t, const ConstMatrixView& rows) {
      Matrix product(rows.rows, basis_.cols());
      add_product(rows, basis_.view(), product.view());
      add_product(rows.transposed(), product.view(), result.view());
    });
    return result;
  }

  const StreamedMatrix& matrix_;
  RandomStream random_;
  Matrix basis_;
};

// The least rank whose error and rounding together stay within max_error, or none.
std::optional<int64_t> sufficient_rank(const Eigen::VectorXd& values, double squares,
                                       const SvdOptions& options) {
  const double allowed = options.max_error * std::sqrt(squares);
  double kept = 0;
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    kept += values[i] * values[i];
    const double error = std::sqrt(std::max(0.0, squares - kept));
    if (error + options.rounding_error * std::sqrt(kept) <= allowed) return i + 1;
  }
  return std::nullopt;
}

TruncatedSvd truncate(const Eigen::HouseholderQR<Eigen::MatrixXd>& qr,
                      const Eigen::BDCSVD<Eigen::MatrixXd>& svd, const Matrix& basis, double squares,
                      int64_t rank) {
  TruncatedSvd result;
  Eigen::MatrixXd left = Eigen::MatrixXd::Zero(qr.rows(), rank);
  left.topRows(svd.matrixU().rows()) = svd.matrixU().leftCols(rank);
  left.applyOnTheLeft(qr.householderQ());
  result.left = matrix_of(left);
  result.right = Matrix(rank, basis.rows());
  const Matrix turn = matrix_of(svd.matrixV().leftCols(rank));
  Matrix turned(basis.rows(), rank);
  add_product(basis.view(), turn.view(), turned.view());
  for (int64_t i = 0; i < rank; ++i) {
    for (int64_t j = 0; j < basis.rows(); ++j) result.right(i, j) = turned(j, i);
  }
  double kept = 0;
  for (int64_t i = 0; i < rank; ++i) {
    result.singular_values.push_back(svd.singularValues()[i]);
    kept += svd.singularValues()[i] * svd.singularValues()[i];
  }
  result.norm = std::sqrt(squares);
  result.error = std::sqrt(std::max(0.0, squares - kept));
  return result;
}

// Whole vectors, so that no product has a ragged edge.
int64_t round_up(int64_t width) { return (width + 7) / 8 * 8; }

}  // namespace

TruncatedSvd randomized_svd(const StreamedMatrix& matrix, const RandomStream& random,
                            const SvdOptions& options) {
  const int64_t least_side = std::min(matrix.rows, matrix.cols);
  const int64_t max_rank = options.max_rank > 0 ? std::min(options.max_rank, least_side) : least_side;
  RangeFinder finder(matrix, random);
  int64_t rank = options.max_error > 0 ? std::min(kFirstRank, max_rank) : max_rank;
  for (;; rank = std::min(2 * rank, max_rank)) {
    const int64_t width = std::min(round_up(rank + options.oversampling), least_side);
    finder.find(width, options.power_iterations);
    double squares = 0;
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(map_of(finder.project(squares)));
    const Eigen::MatrixXd triangle =
        qr.matrixQR().topRows(std::min(matrix.rows, width)).triangularView<Eigen::Upper>();
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(triangle, Eigen::ComputeThinU | Eigen::ComputeThinV);
    std::optional<int64_t> enough = rank;
    if (options.max_error > 0) enough = sufficient_rank(svd.singularValues().head(rank), squares, options);
    if (!enough && rank < max_rank) continue;
    TruncatedSvd result = truncate(qr, svd, finder.basis(), squares, enough.value_or(rank));
    result.within_max_error = enough.has_value();
    return result;
  }
}

}  // namespace evergreen
