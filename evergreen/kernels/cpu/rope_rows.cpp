#include "evergreen/kernels/cpu/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/rope_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void turn(const float* x, const float* cosines, const float* sines, float sign, int64_t rows, int64_t heads,
          int64_t half, float* y) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto direction = hn::Set(d, sign);
  for (int64_t row = 0; row < rows; ++row, cosines += half, sines += half) {
    for (int64_t head = 0; head < heads; ++head, x += 2 * half, y += 2 * half) {
      int64_t i = 0;
      for (; i + lanes <= half; i += lanes) {
        const auto c = hn::LoadU(d, cosines + i), s = hn::Mul(hn::LoadU(d, sines + i), direction);
        const auto low = hn::LoadU(d, x + i), high = hn::LoadU(d, x + half + i);
        hn::StoreU(hn::NegMulAdd(high, s, hn::Mul(low, c)), d, y + i);
        hn::StoreU(hn::MulAdd(low, s, hn::Mul(high, c)), d, y + half + i);
      }
      for (; i < half; ++i) {
        const float c = cosines[i], s = sines[i] * sign, low = x[i], high = x[half + i];
        y[i] = low * c - high * s;
        y[half + i] = high * c + low * s;
      }
    }
  }
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(turn);

}  // namespace

void rope_rows(const float* x, const float* cosines, const float* sines, float sign, int64_t rows,
               int64_t heads, int64_t half, float* y) {
  HWY_DYNAMIC_DISPATCH(turn)(x, cosines, sines, sign, rows, heads, half, y);
}

}  // namespace evergreen::kernels::cpu
#endif
