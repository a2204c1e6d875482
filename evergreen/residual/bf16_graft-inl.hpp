// out = c0 + s * (a - b) with everything in bfloat16, which is the graft of a model: in registers from end to end.
//
// Two bfloat16 fill a 32-bit lane. Shifted up, the even one is a float32; so is the odd one, masked: nothing is shuffled
// on the way in or out, and a vector holds every other element.
#if defined(EVERGREEN_BF16_GRAFT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVERGREEN_BF16_GRAFT_INL
#undef EVERGREEN_BF16_GRAFT_INL
#else
#define EVERGREEN_BF16_GRAFT_INL
#endif

#include "evergreen/residual/slice_sums.hpp"
#include "evergreen/residual/vector_formats-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace evergreen::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR  // where the reference serves

inline constexpr size_t kPairs =
    kSumLanes / 2 / kLanes;  // of vectors, for as many elements as a sum has accumulators

struct Pair {
  V even, odd;
};

HWY_INLINE Pair load_pair(const std::byte* from) {
  const auto both = load_unaligned(D32(), from);
  const auto even = hn::ShiftLeft<16>(both), odd = hn::And(both, hn::Set(D32(), 0xffff0000));
  return {hn::PromoteTo(D(), hn::BitCast(DFloat(), even)), hn::PromoteTo(D(), hn::BitCast(DFloat(), odd))};
}

HWY_INLINE void store_pair(Pair rounded, std::byte* to) {
  const auto even = hn::BitCast(D32(), hn::DemoteTo(DFloat(), rounded.even));
  const auto odd = hn::BitCast(D32(), hn::DemoteTo(DFloat(), rounded.odd));
  store_unaligned(D32(), hn::Or(hn::ShiftRight<16>(even), odd), to);
}

// The accumulators of an OrderedSum, taken into registers and put back.
HWY_INLINE size_t lane_of(size_t pair, size_t element, size_t odd) {
  return 2 * (pair * kLanes + element) + odd;
}

HWY_INLINE void take(const OrderedSum& sum, V* even, V* odd) {
  for (size_t pair = 0; pair < kPairs; ++pair) {
    alignas(64) double lanes[2][kLanes];
    for (size_t i = 0; i < 2 * kLanes; ++i) lanes[i % 2][i / 2] = sum.lanes[lane_of(pair, i / 2, i % 2)];
    even[pair] = hn::Load(D(), lanes[0]);
    odd[pair] = hn::Load(D(), lanes[1]);
  }
}

HWY_INLINE void put(const V* even, const V* odd, OrderedSum& sum) {
  for (size_t pair = 0; pair < kPairs; ++pair) {
    alignas(64) double lanes[2][kLanes];
    hn::Store(even[pair], D(), lanes[0]);
    hn::Store(odd[pair], D(), lanes[1]);
    for (size_t i = 0; i < 2 * kLanes; ++i) sum.lanes[lane_of(pair, i / 2, i % 2)] = lanes[i % 2][i / 2];
  }
}

// The sum, rounded; the squares of what is added and of the base go to their accumulators.
HWY_INLINE V graft_vector(V c0, V a, V b, V scale, V& added, V& base, hn::Mask<D>& in_range) {
  const V p = hn::Mul(scale, hn::Sub(a, b));
  const V sum = hn::Add(c0, p);
  added = hn::Add(added, hn::Mul(p, p));
  base = hn::Add(base, hn::Mul(b, b));
  in_range = hn::And(in_range, hn::Lt(hn::Abs(sum), hn::Set(D(), 0x1.ffp127)));
  return FormatBf16::round_in_range(sum);
}

inline bool is_bf16_graft(const KernelInput& input) {
  const auto is_bf16 = [](const Operand& operand) {
    return operand.dtype == Dtype::bf16 && !operand.bytes.empty();
  };
  return input.terms.size() == 1 && is_bf16(input.c0) && is_bf16(input.terms[0].a) &&
         is_bf16(input.terms[0].b) && input.out_dtype == Dtype::bf16 && !input.measure_loss;
}

// The first `count` elements, a multiple of kSumLanes. False: one is too large or not finite.
inline bool graft_bf16(const KernelInput& input, size_t count, std::span<std::byte> out, SliceSums& sums) {
  const KernelTerm& term = input.terms[0];
  const std::byte *const c0 = input.c0.bytes.data(), *const a = term.a.bytes.data(),
                         *const b = term.b.bytes.data();
  const V scale = hn::Set(D(), term.scale);
  V added_even[kPairs], added_odd[kPairs], base_even[kPairs], base_odd[kPairs];
  take(sums.added_squares, added_even, added_odd);
  take(sums.base_squares, base_even, base_odd);
  hn::Mask<D> in_range = hn::Eq(hn::Zero(D()), hn::Zero(D()));
  for (size_t first = 0; first < count; first += kSumLanes) {
    HWY_UNROLL(8)
    for (size_t k = 0; k < kPairs; ++k) {
      const size_t byte = (first + k * 2 * kLanes) * FormatBf16::kBytes;
      const Pair start = load_pair(c0 + byte), minuend = load_pair(a + byte),
                 subtrahend = load_pair(b + byte);
      store_pair(
          {graft_vector(start.even, minuend.even, subtrahend.even, scale, added_even[k], base_even[k],
                        in_range),
           graft_vector(start.odd, minuend.odd, subtrahend.odd, scale, added_odd[k], base_odd[k], in_range)},
          out.data() + byte);
    }
  }
  put(added_even, added_odd, sums.added_squares);
  put(base_even, base_odd, sums.base_squares);
  return hn::AllTrue(D(), in_range);
}

#endif
}  // namespace evergreen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
