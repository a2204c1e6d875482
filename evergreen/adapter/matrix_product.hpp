// Products of dense float64 matrices: where the low-rank residual spends its time.
//
//   C += A B          A [m, k] of any strides, so also a transposed one; B [k, n] and C [m, n] row-major
//
// Numbers   every element of C adds its k products in order, each rounded once as a product and once as a sum, without
//           contraction: the same bits on every processor, whatever its vectors' width. SIMD by run-time dispatch (Highway).
// Memory    none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evergreen {

struct ConstMatrixView {
  const double* data = nullptr;
  int64_t rows = 0, cols = 0, row_stride = 0, col_stride = 1;
  const double* row(int64_t i) const { return data + i * row_stride; }
  ConstMatrixView transposed() const { return {data, cols, rows, col_stride, row_stride}; }
};

// Row-major.
struct MatrixView {
  double* data = nullptr;
  int64_t rows = 0, cols = 0, row_stride = 0;
  double* row(int64_t i) const { return data + i * row_stride; }
  operator ConstMatrixView() const { return {data, rows, cols, row_stride, 1}; }
};

// Owns its elements, zero at first; no gaps between the rows.
class Matrix {
 public:
  Matrix() = default;
  Matrix(int64_t rows, int64_t cols) : rows_(rows), cols_(cols), data_(static_cast<size_t>(rows * cols)) {}

  int64_t rows() const { return rows_; }
  int64_t cols() const { return cols_; }
  double& operator()(int64_t i, int64_t j) { return data_[static_cast<size_t>(i * cols_ + j)]; }
  double operator()(int64_t i, int64_t j) const { return data_[static_cast<size_t>(i * cols_ + j)]; }
  std::vector<double>& values() { return data_; }
  const std::vector<double>& values() const { return data_; }
  MatrixView view() { return {data_.data(), rows_, cols_, cols_}; }
  ConstMatrixView view() const { return {data_.data(), rows_, cols_, cols_, 1}; }

 private:
  int64_t rows_ = 0, cols_ = 0;
  std::vector<double> data_;
};

// B's elements of a row lie side by side (col_stride 1). C overlaps neither A nor B.
void add_product(const ConstMatrixView& a, const ConstMatrixView& b, const MatrixView& c);

}  // namespace evergreen
