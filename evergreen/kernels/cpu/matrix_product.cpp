#include "evergreen/kernels/cpu/matrix_product.hpp"

#include <algorithm>

#include <ATen/Parallel.h>
#include <hwy/aligned_allocator.h>

#include "evergreen/kernels/cpu/fixed_size_vectors.hpp"

#ifndef EVERGREEN_MATRIX_PRODUCT_BLOCKS  // this file is read again for each instruction set
#define EVERGREEN_MATRIX_PRODUCT_BLOCKS
namespace evergreen::kernels::cpu {

constexpr int64_t kTileRows = 8;
constexpr int64_t kInnerBlock = 384;            // terms in a chain
constexpr int64_t kRowBlock = 128;              // rows that pass by a panel of b before the next
constexpr int64_t kPackedB = int64_t{1} << 17;  // floats
constexpr int64_t kPackedA = kRowBlock * kInnerBlock;

// Packed blocks of the calling thread.
struct PackedBlocks {
  hwy::AlignedFreeUniquePtr<float[]> a = hwy::AllocateAligned<float>(kPackedA),
                                     b = hwy::AllocateAligned<float>(kPackedB);
};
inline PackedBlocks& packed_blocks() {
  thread_local PackedBlocks blocks;
  return blocks;
}

}  // namespace evergreen::kernels::cpu
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/matrix_product.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

constexpr auto kLanes = static_cast<int64_t>(hn::MaxLanes(Floats()));
// A tile's sums want a register each: 32 are there with AVX-512 and NEON, 16 with AVX2.
constexpr int kRows = (HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON) ? 8 : 4;
constexpr int kVectors = 3;
constexpr int64_t kPanel = kVectors * kLanes;

// Where a tile's sums go: c = from + bias + sums.
struct Output {
  float* c;
  int64_t c_stride;
  const float* from;  // null: nothing
  int64_t from_stride;
  const float* bias;  // null: nothing
};

// kRows rows of a, kWide vectors of columns. Rows of a lie `a_stride` apart, or are interleaved where it is packed.
template <int kWide, bool kPackedA>
HWY_INLINE void tile(int64_t inner, const float* HWY_RESTRICT a, int64_t a_stride,
                     const float* HWY_RESTRICT b, const Output& out) {
  const Floats d;
  Vector sums[kRows][kWide];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kWide; ++v) sums[r][v] = hn::Zero(d);
  }
  for (int64_t k = 0; k < inner; ++k, b += kWide * kLanes) {
    Vector columns[kWide];
#pragma GCC unroll 8
    for (int v = 0; v < kWide; ++v) columns[v] = hn::Load(d, b + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Vector value = hn::Set(d, kPackedA ? a[k * kRows + r] : a[r * a_stride + k]);
#pragma GCC unroll 8
      for (int v = 0; v < kWide; ++v) sums[r][v] = hn::MulAdd(value, columns[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kWide; ++v) {
    const int64_t column = v * kLanes;
    const Vector bias = out.bias == nullptr ? hn::Zero(d) : hn::LoadU(d, out.bias + column);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      Vector sum = sums[r][v];
      if (out.from != nullptr) sum = hn::Add(sum, hn::LoadU(d, out.from + r * out.from_stride + column));
      if (out.bias != nullptr) sum = hn::Add(sum, bias);
      hn::StoreU(sum, d, out.c + r * out.c_stride + column);
    }
  }
}

// A tile that stands out of c: by way of a buffer.
template <int kWide, bool kPackedA>
void edge_tile(int64_t inner, const float* a, int64_t a_stride, const float* b, const Output& out,
               int64_t rows, int64_t columns) {
  constexpr int64_t kWidth = kWide * kLanes;
  HWY_ALIGN float sums[kRows * kWidth];
  tile<kWide, kPackedA>(inner, a, a_stride, b, {sums, kWidth, nullptr, 0, nullptr});
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t j = 0; j < columns; ++j) {
      float sum = sums[r * kWidth + j];
      if (out.from != nullptr) sum += out.from[r * out.from_stride + j];
      if (out.bias != nullptr) sum += out.bias[j];
      out.c[r * out.c_stride + j] = sum;
    }
  }
}

// Sixteen elements of a matrix of strided columns: four rows of four from four columns.
HWY_INLINE void transpose_four(const float* HWY_RESTRICT from, int64_t from_stride, float* HWY_RESTRICT to,
                               int64_t to_stride) {
#if HWY_TARGET == HWY_SCALAR
  for (int64_t i = 0; i < 4; ++i) {
    for (int64_t j = 0; j < 4; ++j) to[j * to_stride + i] = from[i * from_stride + j];
  }
#else
  const hn::CappedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + from_stride),
             r2 = hn::LoadU(d, from + 2 * from_stride), r3 = hn::LoadU(d, from + 3 * from_stride);
  const auto low01 = hn::BitCast(wide, hn::InterleaveLower(d, r0, r1)),
             high01 = hn::BitCast(wide, hn::InterleaveUpper(d, r0, r1)),
             low23 = hn::BitCast(wide, hn::InterleaveLower(d, r2, r3)),
             high23 = hn::BitCast(wide, hn::InterleaveUpper(d, r2, r3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, low01, low23)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, low01, low23)), d, to + to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, high01, high23)), d, to + 2 * to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, high01, high23)), d, to + 3 * to_stride);
#endif
}

HWY_INLINE void copy(const float* HWY_RESTRICT from, int64_t count, float* HWY_RESTRICT to) {
  const Floats d;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  for (; i < count; ++i) to[i] = from[i];
}

// `width` columns of [inner, width], rows of `padded` floats, zeros behind the columns. `strided`: elements of a row lie
// `stride` apart, else the rows do.
void pack(const float* from, int64_t stride, bool strided, int64_t inner, int64_t width, int64_t padded,
          float* HWY_RESTRICT to) {
  if (width < padded) std::fill(to, to + inner * padded, 0.0F);
  if (!strided) {
    for (int64_t k = 0; k < inner; ++k) copy(from + k * stride, width, to + k * padded);
    return;
  }
  const int64_t fours = inner / 4 * 4, columns = width / 4 * 4;
  for (int64_t j = 0; j < columns; j += 4) {
    for (int64_t k = 0; k < fours; k += 4)
      transpose_four(from + j * stride + k, stride, to + k * padded + j, padded);
  }
  for (int64_t j = 0; j < width; ++j) {
    for (int64_t k = j < columns ? fours : 0; k < inner; ++k) to[k * padded + j] = from[j * stride + k];
  }
}

// The vectors of columns in a panel that begins `left` vectors before the end: never a single one behind a full panel, whose
// sums are too few to hide their latency.
int64_t panel_vectors(int64_t left) {
  if (left <= kVectors) return left;
  return left == kVectors + 1 ? 2 : kVectors;
}

// Columns of one panel times a block of rows.
struct Rows {
  const float* a;
  int64_t stride, count;
  bool packed;
};

// Rows of a transposed matrix, kRows interleaved; zeros in place of rows behind the last.
void pack_rows(const Rows& rows, int64_t inner, float* HWY_RESTRICT to) {
  const hn::CappedTag<float, kRows> d;
  constexpr auto kStep = static_cast<int64_t>(hn::MaxLanes(d));
  const int64_t whole = rows.count / kRows * kRows;
  for (int64_t k = 0; k < inner; ++k) {
    const float* from = rows.a + k * rows.stride;
    for (int64_t r = 0; r < whole; r += kRows) {
#pragma GCC unroll 8
      for (int64_t i = 0; i < kRows; i += kStep)
        hn::StoreU(hn::LoadU(d, from + r + i), d, to + r * inner + k * kRows + i);
    }
    for (int64_t r = whole; r < whole + kRows && whole < rows.count; ++r)
      to[whole * inner + k * kRows + r - whole] = r < rows.count ? from[r] : 0.0F;
  }
}

template <int kWide>
void panel(int64_t inner, const Rows& rows, const float* b, Output out, int64_t columns) {
  for (int64_t r = 0; r < rows.count; r += kRows) {
    const int64_t count = std::min<int64_t>(kRows, rows.count - r);
    const bool whole = count == kRows && columns == kWide * kLanes;
    if (rows.packed) {
      const float* a = rows.a + r * inner;
      if (whole)
        tile<kWide, true>(inner, a, 0, b, out);
      else
        edge_tile<kWide, true>(inner, a, 0, b, out, count, columns);
    } else if (whole) {
      tile<kWide, false>(inner, rows.a + r * rows.stride, rows.stride, b, out);
    } else if (count == kRows) {
      edge_tile<kWide, false>(inner, rows.a + r * rows.stride, rows.stride, b, out, count, columns);
    } else {
      HWY_ALIGN float last[kRows * kInnerBlock];
      pack(rows.a + r * rows.stride, rows.stride, true, inner, count, kRows, last);
      edge_tile<kWide, true>(inner, last, 0, b, out, count, columns);
    }
    out.c += kRows * out.c_stride;
    if (out.from != nullptr) out.from += kRows * out.from_stride;
  }
}

// A block of rows of c: packed b times these rows, all columns of the block.
void row_block(int64_t inner, const Rows& rows, const float* b, Output out, int64_t columns) {
  for (int64_t j = 0; j < columns;) {
    const int64_t vectors = panel_vectors((columns - j + kLanes - 1) / kLanes);
    const int64_t width = std::min(vectors * kLanes, columns - j);
    Output here = out;
    here.c += j;
    if (here.from != nullptr) here.from += j;
    if (here.bias != nullptr) here.bias += j;
    if (vectors == 1) panel<1>(inner, rows, b, here, width);
    if (vectors == 2) panel<2>(inner, rows, b, here, width);
    if (vectors == 3) panel<3>(inner, rows, b, here, width);
    b += inner * vectors * kLanes;
    j += vectors * kLanes;
  }
}

const float* at(const MatrixView& m, int64_t row, int64_t column) {
  return m.transposed ? m.data + column * m.stride + row : m.data + row * m.stride + column;
}

void product(const MatrixProduct& p, const MatrixPart& part) {
  PackedBlocks& packed = packed_blocks();
  const int64_t parts = std::max<int64_t>(1, (p.inner + kInnerBlock - 1) / kInnerBlock);
  const int64_t length = std::max<int64_t>(1, (p.inner + parts - 1) / parts);
  const int64_t wide = (part.columns + kPanel - 1) / kPanel, widest = kPackedB / length / kPanel;
  const int64_t chunks = (wide + widest - 1) / widest;
  const int64_t width = chunks == 0 ? 1 : (wide + chunks - 1) / chunks * kPanel;
  const int64_t last_row = part.row + part.rows, last_column = part.column + part.columns;
  for (int64_t column = part.column; column < last_column; column += width) {
    const int64_t columns = std::min(width, last_column - column);
    for (int64_t first = 0; first < std::max<int64_t>(1, p.inner); first += length) {
      const int64_t inner = std::min(length, p.inner - first);
      float* b = packed.b.get();
      for (int64_t j = 0; j < columns;) {
        const int64_t vectors = panel_vectors((columns - j + kLanes - 1) / kLanes);
        pack(at(p.b, first, column + j), p.b.stride, p.b.transposed, inner,
             std::min(vectors * kLanes, columns - j), vectors * kLanes, b);
        b += inner * vectors * kLanes;
        j += vectors * kLanes;
      }
      for (int64_t row = part.row; row < last_row; row += kRowBlock) {
        Rows rows{at(p.a, row, first), p.a.stride, std::min(kRowBlock, last_row - row), p.a.transposed};
        if (rows.packed) {
          pack_rows(rows, inner, packed.a.get());
          rows.a = packed.a.get();
        }
        const int64_t place = row * p.c_stride + column;
        Output out{p.c + place, p.c_stride, p.c + place, p.c_stride, nullptr};
        if (first == 0) {
          out.from = p.base == nullptr ? nullptr : p.base + row * p.base_stride + column;
          out.from_stride = p.base_stride;
          out.bias = p.bias == nullptr ? nullptr : p.bias + column;
        }
        row_block(inner, rows, packed.b.get(), out, columns);
      }
    }
  }
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(product);

}  // namespace

void matrix_product_part(const MatrixProduct& p, const MatrixPart& part) {
  HWY_DYNAMIC_DISPATCH(product)(p, part);
}

void matrix_product(const MatrixProduct& p) {
  if (p.rows == 0 || p.columns == 0) return;
  // Every thread packs its part of b for itself: parts of c that are about as long as wide want the least of it.
  const int64_t threads = at::get_num_threads();
  int64_t across = 1;
  while (threads % (2 * across) == 0 && p.columns * threads >= p.rows * across * across &&
         p.columns >= 256 * across)
    across *= 2;
  const auto share = [](int64_t count, int64_t parts, int64_t step) {
    return ((count + parts - 1) / parts + step - 1) / step * step;
  };
  const int64_t rows = share(p.rows, threads / across, kTileRows), columns = share(p.columns, across, 64);
  const int64_t down = (p.rows + rows - 1) / rows;
  at::parallel_for(0, down * across, 1, [&](int64_t begin, int64_t end) {
    for (; begin < end; ++begin) {
      const int64_t row = begin % down * rows, column = begin / down * columns;
      if (column >= p.columns) continue;
      matrix_product_part(p,
                          {row, std::min(rows, p.rows - row), column, std::min(columns, p.columns - column)});
    }
  });
}

}  // namespace evergreen::kernels::cpu
#endif
