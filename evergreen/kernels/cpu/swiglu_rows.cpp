#include "evergreen/kernels/cpu/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/swiglu_rows.cpp"
// The order matters:
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class V>
V sigmoid(D d, V x) {
  const auto one = hn::Set(d, 1.0F);
  const auto small = hn::Exp(d, hn::Neg(hn::Abs(x)));  // never overflows
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), small, one), hn::Add(one, small));
}

// Calls f(position, tag, lanes) for whole vectors, then for the rest one by one.
template <class F>
void for_each_vector(int64_t count, const F& f) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) f(i, d);
  for (; i < count; ++i) f(i, hn::CappedTag<float, 1>());
}

void swiglu(const float* gate, const float* up, int64_t count, float* y) {
  for_each_vector(count, [&](int64_t i, auto d) {
    const auto g = hn::LoadU(d, gate + i);
    hn::StoreU(hn::Mul(hn::Mul(g, sigmoid(d, g)), hn::LoadU(d, up + i)), d, y + i);
  });
}

// With s = sigmoid(gate): d silu / d gate = s * (1 + gate * (1 - s)).
void swiglu_backward(float* grad_y, float* gate, float* up, int64_t count) {
  for_each_vector(count, [&](int64_t i, auto d) {
    const auto one = hn::Set(d, 1.0F);
    const auto grad = hn::LoadU(d, grad_y + i), g = hn::LoadU(d, gate + i), u = hn::LoadU(d, up + i);
    const auto s = sigmoid(d, g), silu = hn::Mul(g, s);
    const auto slope = hn::Mul(s, hn::MulAdd(g, hn::Sub(one, s), one));
    hn::StoreU(hn::Mul(silu, u), d, grad_y + i);
    hn::StoreU(hn::Mul(hn::Mul(grad, u), slope), d, gate + i);
    hn::StoreU(hn::Mul(grad, silu), d, up + i);
  });
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(swiglu);
HWY_EXPORT(swiglu_backward);

}  // namespace

void swiglu_rows(const float* gate, const float* up, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(swiglu)(gate, up, count, y);
}

void swiglu_rows_backward(float* grad_y, float* gate, float* up, int64_t count) {
  HWY_DYNAMIC_DISPATCH(swiglu_backward)(grad_y, gate, up, count);
}

}  // namespace evergreen::kernels::cpu
#endif
