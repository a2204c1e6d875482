// A slice of any dtypes and any number of terms, one chunk of doubles in the first-level cache after the other.
#if defined(EVERGREEN_CHUNK_LOOP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVERGREEN_CHUNK_LOOP_INL
#undef EVERGREEN_CHUNK_LOOP_INL
#else
#define EVERGREEN_CHUNK_LOOP_INL
#endif

#include <algorithm>
#include <cstring>

#include "evergreen/residual/slice_sums.hpp"
#include "evergreen/residual/vector_formats-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace evergreen::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR  // where the reference serves

inline constexpr size_t kChunk = 256;  // elements; a multiple of kSumLanes

struct Chunk {
  alignas(64) double values[kChunk];

  void fill(double value) { std::fill_n(values, kChunk, value); }
};

// function(Format()) for the format of an arithmetic dtype.
template <class Function>
HWY_INLINE auto with_format(Dtype dtype, const Function& function) {
  switch (dtype) {
    case Dtype::f16:
      return function(FormatF16());
    case Dtype::bf16:
      return function(FormatBf16());
    case Dtype::f32:
      return function(FormatF32());
    default:
      return function(FormatF64());
  }
}

template <class Format>
void decode_chunk(const std::byte* bytes, size_t count, Chunk& chunk) {
  for (size_t i = 0; i < count; i += kLanes)
    hn::Store(Format::load(bytes + i * Format::kBytes), D(), chunk.values + i);
}

template <class Format>
void encode_chunk(const Chunk& chunk, size_t count, std::byte* bytes) {
  for (size_t i = 0; i < count; i += kLanes)
    Format::store(Format::round_in_range(hn::Load(D(), chunk.values + i)), bytes + i * Format::kBytes);
}

// Adds the squares of `count` elements, a multiple of kSumLanes; the first belongs to the first accumulator.
inline void add_squares(const Chunk& chunk, size_t count, OrderedSum& sum) {
  constexpr D d;
  constexpr size_t kVectors = kSumLanes / kLanes;
  V lanes[kVectors];
  HWY_UNROLL(8)
  for (size_t k = 0; k < kVectors; ++k) lanes[k] = hn::Load(d, sum.lanes.data() + k * kLanes);
  for (size_t i = 0; i < count; i += kSumLanes) {
    HWY_UNROLL(8)
    for (size_t k = 0; k < kVectors; ++k) {
      const V value = hn::Load(d, chunk.values + i + k * kLanes);
      lanes[k] = hn::Add(lanes[k], hn::Mul(value, value));
    }
  }
  HWY_UNROLL(8)
  for (size_t k = 0; k < kVectors; ++k) hn::Store(lanes[k], d, sum.lanes.data() + k * kLanes);
}

class ChunkLoop {
 public:
  ChunkLoop(const KernelInput& input, std::span<std::byte> out, SliceSums& sums)
      : input_(input), out_(out), sums_(sums) {
    zeros_.fill(0.0);
    minus_zeros_.fill(-0.0);
  }

  // From element `first`, a multiple of kSumLanes. False: one is too large or not finite.
  bool run(size_t first) {
    for (first_ = first; first_ < input_.elements; first_ += kChunk) {
      count_ = static_cast<size_t>(std::min<uint64_t>(kChunk, input_.elements - first_));
      padded_ = (count_ + kSumLanes - 1) / kSumLanes * kSumLanes;
      combine();
      if (!is_in_range()) return false;
      add_squares(*added_, padded_, sums_.added_squares);
      add_squares(*base_, padded_, sums_.base_squares);
      if (input_.measure_loss) measure_loss();
      if (!out_.empty()) store();
    }
    return true;
  }

 private:
  // The operand's elements as doubles, followed by zeros up to padded_; `missing` for one that is not there.
  const Chunk& load(const Operand& operand, const Chunk& missing, Chunk& into) {
    if (operand.bytes.empty()) return missing;
    with_format(operand.dtype, [&](auto format) HWY_ATTR {
      using Format = decltype(format);
      const std::byte* from = operand.bytes.data() + first_ * Format::kBytes;
      if (count_ < padded_) {
        std::memset(tail_, 0, sizeof tail_);
        from = static_cast<const std::byte*>(std::memcpy(tail_, from, count_ * Format::kBytes));
      }
      decode_chunk<Format>(from, padded_, into);
    });
    return into;
  }

  // Sum and added, one term after the other.
  void combine() {
    sum_ = &load(input_.c0, minus_zeros_, c0_values_);
    base_ = input_.c0.bytes.empty() ? &zeros_ : sum_;
    added_ = &zeros_;
    for (size_t k = 0; k < input_.terms.size(); ++k) {
      const KernelTerm& term = input_.terms[k];
      const Chunk& a = load(term.a, zeros_, a_values_);
      const Chunk& b = load(term.b, zeros_, k == 0 ? base_values_ : b_values_);
      if (k == 0 && !term.b.bytes.empty()) base_ = &b;
      add_term(term.scale, a, b);
    }
  }

  void add_term(double scale, const Chunk& a, const Chunk& b) {
    constexpr D d;
    const V factor = hn::Set(d, scale);
    for (size_t i = 0; i < padded_; i += kLanes) {
      const V p = hn::Mul(factor, hn::Sub(hn::Load(d, a.values + i), hn::Load(d, b.values + i)));
      hn::Store(hn::Add(hn::Load(d, sum_->values + i), p), d, sum_values_.values + i);
      hn::Store(hn::Add(hn::Load(d, added_->values + i), p), d, added_values_.values + i);
    }
    sum_ = &sum_values_;
    added_ = &added_values_;
  }

  bool is_in_range() const {
    constexpr D d;
    const V threshold = hn::Set(d, overflow_threshold(input_.out_dtype));
    auto in_range = hn::Eq(threshold, threshold);
    for (size_t i = 0; i < padded_; i += kLanes)
      in_range = hn::And(in_range, hn::Lt(hn::Abs(hn::Load(d, sum_->values + i)), threshold));
    return hn::AllTrue(d, in_range);
  }

  void store() {
    with_format(input_.out_dtype, [&](auto format) HWY_ATTR {
      using Format = decltype(format);
      std::byte* to = out_.data() + first_ * Format::kBytes;
      encode_chunk<Format>(*sum_, padded_, count_ < padded_ ? tail_ : to);
      if (count_ < padded_) std::memcpy(to, tail_, count_ * Format::kBytes);
    });
  }

  // What storing the sum loses, and whether it shows where the stored sum is added to the base again.
  void measure_loss() {
    with_format(input_.out_dtype, [&](auto stored) HWY_ATTR {
      with_format(input_.terms.front().b.dtype,
                  [&](auto again) HWY_ATTR { measure_loss_in<decltype(stored), decltype(again)>(); });
    });
  }

  template <class Stored, class Again>
  void measure_loss_in() {
    constexpr D d;
    V loss_max = hn::Set(d, sums_.loss_max);
    for (size_t i = 0; i < padded_; i += kLanes) {
      const V exact = hn::Load(d, sum_->values + i), base = hn::Load(d, base_->values + i);
      const V stored = Stored::round_in_range(exact), loss = hn::Sub(stored, exact);
      loss_max = hn::Max(loss_max, hn::Abs(loss));
      hn::Store(loss, d, loss_values_.values + i);
      const auto same = hn::Eq(Again::round(hn::Add(base, exact)), Again::round(hn::Add(base, stored)));
      sums_.changed += kLanes - hn::CountTrue(d, same);
    }
    sums_.loss_max = hn::GetLane(hn::MaxOfLanes(d, loss_max));
    add_squares(loss_values_, padded_, sums_.loss_squares);
  }

  const KernelInput& input_;
  std::span<std::byte> out_;
  SliceSums& sums_;
  uint64_t first_ = 0;
  size_t count_ = 0, padded_ = 0;  // of this chunk; padded to whole rounds of the accumulators
  const Chunk *sum_ = nullptr, *added_ = nullptr, *base_ = nullptr;  // where they are
  Chunk zeros_, minus_zeros_, c0_values_, a_values_, b_values_, base_values_, sum_values_, added_values_,
      loss_values_;
  alignas(64) std::byte tail_[kChunk * sizeof(double)];
};

#endif
}  // namespace evergreen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
