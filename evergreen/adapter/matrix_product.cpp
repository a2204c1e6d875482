#include "evergreen/adapter/matrix_product.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/adapter/matrix_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Vector = hn::ScalableTag<double>;

constexpr bool kWide = HWY_LANES(double) >= 8;  // 32 registers: 24 sums, 3 of B; 16 hold 8 and 2
constexpr int64_t kTileRows = kWide ? 8 : 4;
constexpr int kTileVectors = kWide ? 3 : 2;
constexpr int64_t kBlock = 256;  // of k: the rows of B in use stay in the cache while all rows of A pass by

// kTileRows rows of A, side by side: element (r, k) at [k * kTileRows + r]; rows that A lacks are 0.
using Packed = std::array<double, kTileRows * kBlock>;

void pack(const ConstMatrixView& a, int64_t first_row, int64_t rows, Packed& packed) {
  const double* from = a.data + first_row * a.row_stride;
  double* to = packed.data();
  for (int64_t k = 0; k < a.cols; ++k, from += a.col_stride, to += kTileRows) {
    for (int64_t r = 0; r < kTileRows; ++r) to[r] = r < rows ? from[r * a.row_stride] : 0;
  }
}

// C's kRows x (kVectors vectors) at `c` stay in registers over all of the block.
template <int kRows, int kVectors>
void multiply_tile(const Packed& a, const ConstMatrixView& b, int64_t j, double* c, int64_t c_stride) {
  const Vector d;
  constexpr int64_t kLanes = HWY_LANES(double);
  hn::Vec<Vector> sum[kRows][kVectors];
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::LoadU(d, c + r * c_stride + v * kLanes);
  }
  const double* factors = a.data();
  const double* row = b.data + j;
  for (int64_t k = 0; k < b.rows; ++k, factors += kTileRows, row += b.row_stride) {
    hn::Vec<Vector> values[kVectors];
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) values[v] = hn::LoadU(d, row + v * kLanes);
    HWY_UNROLL(8)
    for (int r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(d, factors[r]);
      HWY_UNROLL(8)
      for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::Add(sum[r][v], hn::Mul(factor, values[v]));
    }
  }
  HWY_UNROLL(8)
  for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[r][v], d, c + r * c_stride + v * kLanes);
  }
}

void multiply_element(const Packed& a, const ConstMatrixView& b, int64_t j, int64_t r, double* c) {
  double sum = *c;
  for (int64_t k = 0; k < b.rows; ++k) {
    const double product = a[static_cast<size_t>(k * kTileRows + r)] * b.row(k)[j];
    sum += product;
  }
  *c = sum;
}

template <int kRows>
void multiply_rows(const Packed& a, const ConstMatrixView& b, double* c, int64_t c_stride) {
  constexpr int64_t kLanes = HWY_LANES(double);
  int64_t j = 0;
  for (; j + kTileVectors * kLanes <= b.cols; j += kTileVectors * kLanes) {
    multiply_tile<kRows, kTileVectors>(a, b, j, c + j, c_stride);
  }
  for (; j + kLanes <= b.cols; j += kLanes) multiply_tile<kRows, 1>(a, b, j, c + j, c_stride);
  for (; j < b.cols; ++j) {
    for (int64_t r = 0; r < kRows; ++r) multiply_element(a, b, j, r, c + r * c_stride + j);
  }
}

void multiply_block(const ConstMatrixView& a, const ConstMatrixView& b, const MatrixView& c) {
  Packed packed;
  for (int64_t i = 0; i < c.rows; i += kTileRows) {
    const int64_t rows = std::min(kTileRows, c.rows - i);
    pack(a, i, rows, packed);
    if (rows == kTileRows) {
      multiply_rows<kTileRows>(packed, b, c.row(i), c.row_stride);
      continue;
    }
    for (int64_t r = 0; r < rows; ++r) {
      // A lone row is the first of its own tile.
      pack(a, i + r, 1, packed);
      multiply_rows<1>(packed, b, c.row(i + r), c.row_stride);
    }
  }
}

void add_product_simd(const ConstMatrixView& a, const ConstMatrixView& b, const MatrixView& c) {
  for (int64_t k = 0; k < a.cols; k += kBlock) {
    ConstMatrixView left = a, right = b;
    left.data += k * a.col_stride;
    right.data += k * b.row_stride;
    left.cols = right.rows = std::min(kBlock, a.cols - k);
    multiply_block(left, right, c);
  }
}

}  // namespace evergreen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen {
HWY_EXPORT(add_product_simd);

void add_product(const ConstMatrixView& a, const ConstMatrixView& b, const MatrixView& c) {
  assert(a.rows == c.rows && a.cols == b.rows && b.cols == c.cols && b.col_stride == 1);
  HWY_DYNAMIC_DISPATCH(add_product_simd)(a, b, c);
}

}  // namespace evergreen
#endif
