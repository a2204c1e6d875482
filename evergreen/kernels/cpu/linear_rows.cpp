#include "evergreen/kernels/cpu/linear_rows.hpp"

#include <algorithm>
#include <type_traits>

#include <ATen/Parallel.h>

#include "evergreen/kernels/cpu/fixed_size_vectors.hpp"

#ifndef EVERGREEN_LINEAR_ROWS_BLOCKS  // this file is read again for each instruction set
#define EVERGREEN_LINEAR_ROWS_BLOCKS
namespace evergreen::kernels::cpu {

constexpr int64_t kRowBlock = 64;  // rows of x that pass by before the next weights are read

}  // namespace evergreen::kernels::cpu
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/linear_rows.cpp"
// The order matters:
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/cache_control.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

#if HWY_TARGET != HWY_SCALAR
// A vector of 128 bits: the sum of the blocks of a longer one.
template <class D>
HWY_INLINE auto fold_blocks(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return fold_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
#endif

// The sums of the lanes of four vectors. Every shape of tile ends in this tree, so all agree.
HWY_INLINE void sum_lanes(Vector a, Vector b, Vector c, Vector e, float* HWY_RESTRICT out) {
#if HWY_TARGET == HWY_SCALAR
  out[0] = hn::GetLane(a), out[1] = hn::GetLane(b), out[2] = hn::GetLane(c), out[3] = hn::GetLane(e);
#else
  const Floats d;
  const hn::RepartitionToWide<Floats> wide;
  const auto ab = hn::BitCast(wide, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  const auto ce = hn::BitCast(wide, hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e)));
  const Vector sums = hn::Add(hn::BitCast(d, hn::InterleaveLower(wide, ab, ce)),
                              hn::BitCast(d, hn::InterleaveUpper(wide, ab, ce)));
  hn::StoreU(fold_blocks(d, sums), hn::CappedTag<float, 4>(), out);
#endif
}

HWY_INLINE Vector load_weights(const float* weights) { return hn::LoadU(Floats(), weights); }
HWY_INLINE Vector load_weights(const int8_t* weights) {
  const hn::Rebind<int32_t, Floats> whole;
  return hn::ConvertTo(Floats(), hn::PromoteTo(whole, hn::LoadU(hn::Rebind<int8_t, Floats>(), weights)));
}

// A part of the inner dimension: what is added in one chain.
template <class W>
struct Part {
  const LinearRows* p;
  const W* weight;
  int64_t begin, end;
};

// Inner products of kRows rows of x and kColumns rows of the weights, over a part of the inner dimension. Meanwhile kAhead rows
// of weights are fetched from `ahead` on, for a later tile. Not inlined: several tiles in one function want more registers than there are.
template <int kRows, int kColumns, int kAhead, class W>
HWY_NOINLINE void tile(const Part<W>& part, int64_t row, int64_t column, const W* HWY_RESTRICT ahead) {
  const LinearRows& p = *part.p;
  const Floats d;
  constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(d));
  constexpr bool kScaled = std::is_same_v<W, int8_t>;
  const int64_t x_stride = p.x_stride, w_stride = p.weight_stride;
  const float* HWY_RESTRICT x = p.x + row * x_stride;
  const W* HWY_RESTRICT w = part.weight + column * w_stride;
  Vector sums[kRows][kColumns];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) sums[r][c] = hn::Zero(d);
  }
  const auto step = [&](int64_t i) HWY_ATTR {
    Vector weights[kColumns];
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) weights[c] = load_weights(w + c * w_stride + i);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Vector values = hn::LoadU(d, x + r * x_stride + i);
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) sums[r][c] = hn::MulAdd(values, weights[c], sums[r][c]);
    }
  };
  int64_t i = part.begin;
  if constexpr (kAhead > 0) {
    constexpr int64_t kLine = 64 / sizeof(W);
    for (; i + kLine <= part.end; i += kLine) {
#pragma GCC unroll 8
      for (int c = 0; c < kAhead; ++c) hwy::Prefetch(ahead + c * w_stride + i);
#pragma GCC unroll 8
      for (int64_t j = 0; j < kLine; j += kLanes) step(i + j);
    }
  }
  for (; i + kLanes <= part.end; i += kLanes) step(i);
  const auto rest = [&](int r, int c) {
    float sum = 0;
    for (int64_t j = i; j < part.end; ++j)
      sum += x[r * x_stride + j] * static_cast<float>(w[c * w_stride + j]);
    return sum;
  };
  if constexpr (kColumns % 4 == 0) {
    const hn::CappedTag<float, 4> four;
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; c += 4) {
        float* out = p.y + (row + r) * p.y_stride + column + c;
        float totals[4];
        sum_lanes(sums[r][c], sums[r][c + 1], sums[r][c + 2], sums[r][c + 3], totals);
        if (i < part.end) {
          for (int k = 0; k < 4; ++k) totals[k] += rest(r, c + k);
        }
        for (int k = 0; k < 4; k += static_cast<int>(hn::Lanes(four))) {
          auto sum = hn::LoadU(four, totals + k);
          if constexpr (kScaled) sum = hn::Mul(sum, hn::LoadU(four, p.scale + column + c + k));
          if (part.begin > 0 || p.add) sum = hn::Add(sum, hn::LoadU(four, out + k));
          if (part.begin == 0 && p.bias != nullptr)
            sum = hn::Add(sum, hn::LoadU(four, p.bias + column + c + k));
          hn::StoreU(sum, four, out + k);
        }
      }
    }
  } else {
    float totals[(kRows * kColumns + 3) / 4 * 4];
#pragma GCC unroll 8
    for (int t = 0; t < kRows * kColumns; t += 4) {
      const auto at = [&](int k) HWY_ATTR {
        return k < kRows * kColumns ? sums[k / kColumns][k % kColumns] : hn::Zero(d);
      };
      sum_lanes(at(t), at(t + 1), at(t + 2), at(t + 3), totals + t);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
      for (int c = 0; c < kColumns; ++c) {
        float sum = totals[r * kColumns + c];
        if (i < part.end) sum += rest(r, c);
        if constexpr (kScaled) sum *= p.scale[column + c];
        float& out = p.y[(row + r) * p.y_stride + column + c];
        if (part.begin > 0 || p.add) sum += out;
        if (part.begin == 0 && p.bias != nullptr) sum += p.bias[column + c];
        out = sum;
      }
    }
  }
}

// A tile's sums want a register each: 32 are there with AVX-512, 16 with AVX2.
constexpr int kTileColumns = HWY_TARGET <= HWY_AVX3 ? 4 : 3;
constexpr int kColumnsOfTwo = HWY_TARGET <= HWY_AVX3 ? 8 : 4;  // with two rows of x

// One or two rows of x: the weights are one stream, which the processor foresees by itself.
template <int kRows, int kColumns, class W>
void columns_of(const Part<W>& part, int64_t row, int64_t first, int64_t last) {
  int64_t c = first;
  for (; c + kColumns <= last; c += kColumns) tile<kRows, kColumns, 0, W>(part, row, c, nullptr);
  for (; c < last; ++c) tile<kRows, 1, 0, W>(part, row, c, nullptr);
}

// Fewer than four rows.
template <int kColumns, int kAhead, class W>
void few_rows(const Part<W>& part, int64_t row, int64_t last, int64_t column, const W* ahead) {
  if (last - row == 3) tile<3, kColumns, kAhead, W>(part, row, column, ahead);
  if (last - row == 2) tile<2, kColumns, kAhead, W>(part, row, column, ahead);
  if (last - row == 1) tile<1, kColumns, kAhead, W>(part, row, column, ahead);
}

// All rows with some columns. The weights of the columns behind are fetched in parts, one or two rows with each
// four rows of x.
template <int kColumns, class W>
void rows_of(const Part<W>& part, int64_t row, int64_t last, int64_t column) {
  const int64_t stride = part.p->weight_stride;
  const W* ahead = part.weight + (column + kColumns) * stride;
  if (last - row < 4) return few_rows<kColumns, kColumns, W>(part, row, last, column, ahead);
  if (last - row < 8) {
    tile<4, kColumns, kColumns, W>(part, row, column, ahead);
    return few_rows<kColumns, 0, W>(part, row + 4, last, column, nullptr);
  }
  const int at_once = last - row < 4 * kColumns ? 2 : 1;
  for (int fetched = 0; row + 4 <= last; row += 4, fetched += at_once) {
    if (fetched >= kColumns)
      tile<4, kColumns, 0, W>(part, row, column, nullptr);
    else if (at_once == 1 || fetched + 1 == kColumns)
      tile<4, kColumns, 1, W>(part, row, column, ahead + fetched * stride);
    else
      tile<4, kColumns, 2, W>(part, row, column, ahead + fetched * stride);
  }
  few_rows<kColumns, 0, W>(part, row, last, column, nullptr);
}

template <class W>
void block_of(const Part<W>& part, int64_t row, int64_t last_row, int64_t first, int64_t last) {
  if (last_row - row == 1) return columns_of<1, 8, W>(part, row, first, last);
  if (last_row - row == 2) return columns_of<2, kColumnsOfTwo, W>(part, row, first, last);
  int64_t c = first;
  for (; c + kTileColumns <= last; c += kTileColumns) rows_of<kTileColumns, W>(part, row, last_row, c);
  for (; c < last; ++c) rows_of<1, W>(part, row, last_row, c);
}

template <class W>
void product_of(const LinearRows& p, const W* weight, int64_t first, int64_t last) {
  constexpr int64_t kLongest =
      1024;  // floats of a row at a time: those of a tile fit into the first-level cache
  const int64_t parts = (p.inner + kLongest - 1) / kLongest;
  const int64_t length = ((p.inner + parts - 1) / parts + 15) / 16 * 16;
  for (int64_t begin = 0; begin < p.inner; begin += length) {
    const Part<W> part{&p, weight, begin, std::min(begin + length, p.inner)};
    for (int64_t row = 0; row < p.rows; row += kRowBlock)
      block_of<W>(part, row, std::min(row + kRowBlock, p.rows), first, last);
  }
}

void product(const LinearRows& p, int64_t first, int64_t last) {
  if (p.int8_weight != nullptr) return product_of(p, p.int8_weight, first, last);
  product_of(p, p.weight, first, last);
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(product);

}  // namespace

void linear_columns(const LinearRows& linear, int64_t first, int64_t last) {
  HWY_DYNAMIC_DISPATCH(product)(linear, first, last);
}

void linear_rows(const LinearRows& linear, int64_t outputs) {
  // With many rows the weights are read again: a part of the columns at a time, which stays in the second-level cache.
  constexpr int64_t kCachedWeights = 1 << 17;
  const int64_t columns =
      linear.rows <= kRowBlock ? outputs : std::max<int64_t>(24, kCachedWeights / linear.inner / 24 * 24);
  const int64_t grain = std::max<int64_t>(1, 65536 / std::max<int64_t>(1, linear.rows * linear.inner));
  at::parallel_for(0, outputs, grain, [&](int64_t begin, int64_t end) {
    for (; begin < end; begin += columns) linear_columns(linear, begin, std::min(begin + columns, end));
  });
}

}  // namespace evergreen::kernels::cpu
#endif
