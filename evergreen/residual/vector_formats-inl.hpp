// The arithmetic dtypes as vectors of doubles, once for each instruction set (Highway includes this file repeatedly).
//
//   load            kLanes elements, exactly; of any alignment
//   round_in_range  one round-to-nearest-even from double to the format, the result still a double, for what is not too large
//   round           the same for any finite value; what is too large becomes infinity
//   store           what round_in_range gave
//
// Numbers   a 16-bit format with m bits after the point keeps the upper m of the double's 52: adding half of what is cut
//           off, less one, plus the last bit kept, rounds to nearest even, the carry raising the exponent by itself. Below
//           the format's normal range the spacing is constant: adding and subtracting a power of two whose own spacing is
//           that one rounds there. Both are single roundings; NaN is not handled (the loops look for it themselves).
#if defined(EVERGREEN_VECTOR_FORMATS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVERGREEN_VECTOR_FORMATS_INL
#undef EVERGREEN_VECTOR_FORMATS_INL
#else
#define EVERGREEN_VECTOR_FORMATS_INL
#endif

#include <cstddef>
#include <cstdint>
#include <limits>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR  // where the reference serves

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;
using D64 = hn::Rebind<uint64_t, D>;
using DFloat = hn::Rebind<float, D>;
using VFloat = hn::Vec<DFloat>;
using D32 = hn::Rebind<uint32_t, D>;
using D16 = hn::Rebind<uint16_t, D>;

inline constexpr size_t kLanes = hn::MaxLanes(D());

template <class Tag>
HWY_INLINE hn::Vec<Tag> load_unaligned(Tag tag, const std::byte* from) {
  return hn::BitCast(tag, hn::LoadU(hn::Repartition<uint8_t, Tag>(), reinterpret_cast<const uint8_t*>(from)));
}

template <class Tag>
HWY_INLINE void store_unaligned(Tag tag, hn::Vec<Tag> vector, std::byte* to) {
  const hn::Repartition<uint8_t, Tag> bytes;
  hn::StoreU(hn::BitCast(bytes, vector), bytes, reinterpret_cast<uint8_t*>(to));
  static_cast<void>(tag);
}

// To `kMantissa` bits after the point and the exponents of `kBias`.
template <int kMantissa, int kBias>
HWY_INLINE V round_to_format(V value) {
  constexpr D d;
  constexpr D64 d64;
  constexpr int kCut = 52 - kMantissa;
  const auto bits = hn::BitCast(d64, value);
  const auto last_kept = hn::And(hn::ShiftRight<kCut>(bits), hn::Set(d64, 1));
  const auto half = hn::Add(last_kept, hn::Set(d64, (uint64_t{1} << (kCut - 1)) - 1));
  const V normal = hn::BitCast(d, hn::And(hn::Add(bits, half), hn::Set(d64, ~((uint64_t{1} << kCut) - 1))));

  constexpr double kLeastNormal = 1.0 / static_cast<double>(__uint128_t{1} << (kBias - 1));
  const V magnitude = hn::Abs(value);
  const auto small = hn::Lt(magnitude, hn::Set(d, kLeastNormal));
  if (hn::AllFalse(d, small)) return normal;
  const V grid = hn::Set(d, kLeastNormal * static_cast<double>(uint64_t{1} << (52 - kMantissa)));
  const V subnormal = hn::CopySign(hn::Sub(hn::Add(magnitude, grid), grid), value);
  return hn::IfThenElse(small, subnormal, normal);
}

template <int kMantissa, int kBias>
HWY_INLINE V round_or_overflow(V value) {
  constexpr D d;
  const V rounded = round_to_format<kMantissa, kBias>(value);
  const V beyond = hn::Set(d, 2.0 * static_cast<double>(__uint128_t{1} << kBias));
  const V infinity = hn::CopySign(hn::Set(d, std::numeric_limits<double>::infinity()), value);
  return hn::IfThenElse(hn::Lt(hn::Abs(rounded), beyond), rounded, infinity);
}

struct FormatBf16 {
  static constexpr size_t kBytes = 2;
  static HWY_INLINE V load(const std::byte* from) {
    const auto bits = hn::ShiftLeft<16>(hn::PromoteTo(D32(), load_unaligned(D16(), from)));
    return hn::PromoteTo(D(), hn::BitCast(DFloat(), bits));
  }
  static HWY_INLINE V round_in_range(V value) { return round_to_format<7, 127>(value); }
  static HWY_INLINE V round(V value) { return round_or_overflow<7, 127>(value); }
  static HWY_INLINE void store(V rounded, std::byte* to) {
    const auto bits = hn::ShiftRight<16>(hn::BitCast(D32(), hn::DemoteTo(DFloat(), rounded)));
    store_unaligned(D16(), hn::DemoteTo(D16(), hn::BitCast(hn::Rebind<int32_t, D>(), bits)), to);
  }
};

// Where a machine has no conversion of half precision, Highway's reads infinity and NaN as 65536 and more, and writes
// -0.0 as 0.0: the first is mended here, the second done by hand.
struct FormatF16 {
  static constexpr size_t kBytes = 2;
  static HWY_INLINE V load(const std::byte* from) {
    constexpr D d;
    const auto half = hn::BitCast(hn::Rebind<hwy::float16_t, D>(), load_unaligned(D16(), from));
    const V value = hn::PromoteTo(d, hn::PromoteTo(DFloat(), half));
    const V infinity = hn::Set(d, std::numeric_limits<double>::infinity());
    return hn::IfThenElse(hn::Lt(hn::Abs(value), hn::Set(d, 65536.0)), value, infinity);
  }
  static HWY_INLINE V round_in_range(V value) { return round_to_format<10, 15>(value); }
  static HWY_INLINE V round(V value) { return round_or_overflow<10, 15>(value); }
  static HWY_INLINE void store(V rounded, std::byte* to) {
    constexpr D32 d32;
    const VFloat value = hn::DemoteTo(DFloat(), rounded), magnitude = hn::Abs(value);
    const auto bits = hn::BitCast(d32, magnitude);
    const auto normal = hn::Sub(hn::ShiftRight<13>(bits), hn::Set(d32, (127 - 15) << 10));
    // Added to 1/2, whose last bit counts for the least half-precision number, a subnormal becomes its own bits.
    const VFloat half = hn::Set(DFloat(), 0.5f);
    const auto subnormal = hn::Sub(hn::BitCast(d32, hn::Add(magnitude, half)), hn::BitCast(d32, half));
    const auto small = hn::RebindMask(d32, hn::Lt(magnitude, hn::Set(DFloat(), 0x1p-14f)));
    const auto sign = hn::ShiftLeft<15>(hn::ShiftRight<31>(hn::BitCast(d32, value)));
    const auto whole = hn::Or(hn::IfThenElse(small, subnormal, normal), sign);
    store_unaligned(D16(), hn::DemoteTo(D16(), hn::BitCast(hn::Rebind<int32_t, D>(), whole)), to);
  }
};

struct FormatF32 {
  static constexpr size_t kBytes = 4;
  static HWY_INLINE V load(const std::byte* from) {
    return hn::PromoteTo(D(), load_unaligned(DFloat(), from));
  }
  static HWY_INLINE V round_in_range(V value) { return round(value); }
  static HWY_INLINE V round(V value) { return hn::PromoteTo(D(), hn::DemoteTo(DFloat(), value)); }
  static HWY_INLINE void store(V rounded, std::byte* to) {
    store_unaligned(DFloat(), hn::DemoteTo(DFloat(), rounded), to);
  }
};

struct FormatF64 {
  static constexpr size_t kBytes = 8;
  static HWY_INLINE V load(const std::byte* from) { return load_unaligned(D(), from); }
  static HWY_INLINE V round_in_range(V value) { return value; }
  static HWY_INLINE V round(V value) { return value; }
  static HWY_INLINE void store(V rounded, std::byte* to) { store_unaligned(D(), rounded, to); }
};

#endif
}  // namespace evergreen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
