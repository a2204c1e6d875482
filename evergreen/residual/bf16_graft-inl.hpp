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
struct PairSums {
  Pair pairs[kPairs];

  static size_t lane(size_t pair, size_t element, size_t odd) { return 2 * (pair * kLanes + element) + odd; }

  void take(const OrderedSum& sum) {
    for (size_t pair = 0; pair < kPairs; ++pair) {
      alignas(64) double even[kLanes], odd[kLanes];
      for (size_t i = 0; i < kLanes; ++i) {
        even[i] = sum.lanes[lane(pair, i, 0)];
        odd[i] = sum.lanes[lane(pair, i, 1)];
      }
      pairs[pair] = {hn::Load(D(), even), hn::Load(D(), odd)};
    }
  }

  void put(OrderedSum& sum) const {
    for (size_t pair = 0; pair < kPairs; ++pair) {
      alignas(64) double even[kLanes], odd[kLanes];
      hn::Store(pairs[pair].even, D(), even);
      hn::Store(pairs[pair].odd, D(), odd);
      for (size_t i = 0; i < kLanes; ++i) {
        sum.lanes[lane(pair, i, 0)] = even[i];
        sum.lanes[lane(pair, i, 1)] = odd[i];
      }
    }
  }
};

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
  PairSums added, base;
  added.take(sums.added_squares);
  base.take(sums.base_squares);
  hn::Mask<D> in_range = hn::Eq(hn::Zero(D()), hn::Zero(D()));
  for (size_t first = 0; first < count; first += kSumLanes) {
    HWY_UNROLL(8)
    for (size_t k = 0; k < kPairs; ++k) {
      const size_t byte = (first + k * 2 * kLanes) * FormatBf16::kBytes;
      const Pair start = load_pair(c0 + byte), minuend = load_pair(a + byte),
                 subtrahend = load_pair(b + byte);
      Pair &p = added.pairs[k], &squares = base.pairs[k];
      store_pair(
          {graft_vector(start.even, minuend.even, subtrahend.even, scale, p.even, squares.even, in_range),
           graft_vector(start.odd, minuend.odd, subtrahend.odd, scale, p.odd, squares.odd, in_range)},
          out.data() + byte);
    }
  }
  added.put(sums.added_squares);
  base.put(sums.base_squares);
  return hn::AllTrue(D(), in_range);
}

#endif
}  // namespace evergreen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
