#include "evergreen/kernels/cpu/fixed_size_vectors.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/weighted_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

struct Weighted {
  const float* p;
  int64_t p_stride;
  const float* x;
  int64_t x_stride, count;
  float* y;
  int64_t y_stride;
};

// kRows rows of y, kVectors vectors from `column` on.
template <int kRows, int kVectors>
HWY_INLINE void tile(const Weighted& w, int64_t row, int64_t column) {
  const Floats d;
  constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  float* HWY_RESTRICT y = w.y + row * w.y_stride + column;
  const float* HWY_RESTRICT p = w.p + row * w.p_stride;
  const float* HWY_RESTRICT x = w.x + column;
  Vector sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::LoadU(d, y + r * w.y_stride + v * kLanes);
  }
  for (int64_t n = 0; n < w.count; ++n, x += w.x_stride) {
    Vector values[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) values[v] = hn::LoadU(d, x + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Vector weight = hn::Set(d, p[r * w.p_stride + n]);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(weight, values[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, y + r * w.y_stride + v * kLanes);
  }
}

template <int kRows>
void rows_of(const Weighted& w, int64_t row, int64_t width) {
  constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(Floats()));
  int64_t e = 0;
  for (; e + 2 * kLanes <= width; e += 2 * kLanes) tile<kRows, 2>(w, row, e);
  for (; e + kLanes <= width; e += kLanes) tile<kRows, 1>(w, row, e);
  for (; e < width; ++e) {
    for (int r = 0; r < kRows; ++r) {
      float sum = w.y[(row + r) * w.y_stride + e];
      for (int64_t n = 0; n < w.count; ++n) sum += w.p[(row + r) * w.p_stride + n] * w.x[n * w.x_stride + e];
      w.y[(row + r) * w.y_stride + e] = sum;
    }
  }
}

void weigh(const float* p, int64_t p_stride, int64_t rows, const float* x, int64_t x_stride, int64_t count,
           int64_t width, float* y, int64_t y_stride) {
  const Weighted w{p, p_stride, x, x_stride, count, y, y_stride};
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) rows_of<4>(w, row, width);
  for (; row + 2 <= rows; row += 2) rows_of<2>(w, row, width);
  for (; row < rows; ++row) rows_of<1>(w, row, width);
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(weigh);

}  // namespace

void weighted_rows(const float* p, int64_t p_stride, int64_t rows, const float* x, int64_t x_stride,
                   int64_t count, int64_t width, float* y, int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(weigh)(p, p_stride, rows, x, x_stride, count, width, y, y_stride);
}

}  // namespace evergreen::kernels::cpu
#endif
