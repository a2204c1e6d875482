#include <algorithm>
#include <cmath>
#include <limits>

#include "evergreen/kernels/cpu/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/maximum_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Infinities and NaN times zero are NaN: one sum shows them all.
RowMaximum maximum(const float* x, int64_t count) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto zero = hn::Zero(d);
  auto even = hn::Set(d, -std::numeric_limits<float>::infinity()), odd = even;
  auto check_even = zero, check_odd = zero;
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + lanes);
    even = hn::Max(even, a), odd = hn::Max(odd, b);
    check_even = hn::MulAdd(a, zero, check_even), check_odd = hn::MulAdd(b, zero, check_odd);
  }
  float value = hn::GetLane(hn::MaxOfLanes(d, hn::Max(even, odd)));
  float check = hn::GetLane(hn::SumOfLanes(d, hn::Add(check_even, check_odd)));
  for (; i < count; ++i) value = std::max(value, x[i]), check += x[i] * 0;
  const bool finite = !std::isnan(check);
  return {finite ? std::find(x, x + count, value) - x : 0, value, finite};
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(maximum);

}  // namespace

RowMaximum row_maximum(const float* x, int64_t count) { return HWY_DYNAMIC_DISPATCH(maximum)(x, count); }

}  // namespace evergreen::kernels::cpu
#endif
