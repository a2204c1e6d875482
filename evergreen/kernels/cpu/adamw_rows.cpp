#include "evergreen/kernels/cpu/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/adamw_rows.cpp"
#include <cmath>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One element at a time in every lane: the result does not depend on the length of the vectors.
template <class D>
void update(D d, float* value, const float* gradient, float* exp_avg, float* exp_avg_sq,
            const AdamWStep& step) {
  const auto g = hn::Mul(hn::LoadU(d, gradient), hn::Set(d, step.gradient_scale));
  const auto old_m = hn::LoadU(d, exp_avg), old_v = hn::LoadU(d, exp_avg_sq);
  const auto m = hn::MulAdd(hn::Sub(g, old_m), hn::Set(d, step.one_minus_beta1), old_m);
  const auto v =
      hn::MulAdd(hn::Mul(g, g), hn::Set(d, step.one_minus_beta2), hn::Mul(old_v, hn::Set(d, step.beta2)));
  hn::StoreU(m, d, exp_avg);
  hn::StoreU(v, d, exp_avg_sq);
  const auto root = hn::Div(hn::Sqrt(v), hn::Set(d, step.bias2_sqrt));
  const auto denominator = hn::Add(root, hn::Set(d, step.eps));
  const auto decayed = hn::Mul(hn::LoadU(d, value), hn::Set(d, step.kept));
  const auto move = hn::Div(hn::Mul(m, hn::Set(d, step.rate)), denominator);
  hn::StoreU(hn::Sub(decayed, move), d, value);
}

void adamw(float* values, const float* gradients, float* exp_avg, float* exp_avg_sq, int64_t count,
           const AdamWStep& step) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    update(d, values + i, gradients + i, exp_avg + i, exp_avg_sq + i, step);
  const hn::CappedTag<float, 1> one;
  for (; i < count; ++i) update(one, values + i, gradients + i, exp_avg + i, exp_avg_sq + i, step);
}

double squares(const float* x, int64_t count) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, hn::ScalableTag<double>> half;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto even = hn::Zero(d), odd = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto a = hn::PromoteTo(d, hn::LoadU(half, x + i));
    const auto b = hn::PromoteTo(d, hn::LoadU(half, x + i + lanes));
    even = hn::MulAdd(a, a, even), odd = hn::MulAdd(b, b, odd);
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
  for (; i < count; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(adamw);
HWY_EXPORT(squares);

}  // namespace

void adamw_rows(float* values, const float* gradients, float* exp_avg, float* exp_avg_sq, int64_t count,
                const AdamWStep& step) {
  HWY_DYNAMIC_DISPATCH(adamw)(values, gradients, exp_avg, exp_avg_sq, count, step);
}

double sum_of_squares(const float* x, int64_t count) { return HWY_DYNAMIC_DISPATCH(squares)(x, count); }

}  // namespace evergreen::kernels::cpu
#endif
