#include <algorithm>
#include <cmath>
#include <limits>

#include "evergreen/kernels/cpu/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/softmax_rows.cpp"
// The order matters:
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;

float largest(const float* x, int64_t count) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  auto even = lowest, odd = lowest;
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    even = hn::Max(even, hn::LoadU(d, x + i));
    odd = hn::Max(odd, hn::LoadU(d, x + i + lanes));
  }
  float result = hn::GetLane(hn::MaxOfLanes(d, hn::Max(even, odd)));
  for (; i < count; ++i) result = std::max(result, x[i]);
  return result;
}

// x = exp(scale * x - shift), returns their sum.
float exponentials(float* x, float scale, float shift, int64_t count) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto factor = hn::Set(d, scale), less = hn::Set(d, shift);
  auto even = hn::Zero(d), odd = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto a = hn::Exp(d, hn::MulSub(hn::LoadU(d, x + i), factor, less));
    const auto b = hn::Exp(d, hn::MulSub(hn::LoadU(d, x + i + lanes), factor, less));
    hn::StoreU(a, d, x + i);
    hn::StoreU(b, d, x + i + lanes);
    even = hn::Add(even, a), odd = hn::Add(odd, b);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
  const hn::CappedTag<float, 1> one;
  for (; i < count; ++i) {
    x[i] = hn::GetLane(hn::Exp(one, hn::Set(one, x[i] * scale - shift)));
    sum += x[i];
  }
  return sum;
}

void multiply(float* x, float factor, int64_t count) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto f = hn::Set(d, factor);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, x + i), f), d, x + i);
  for (; i < count; ++i) x[i] *= factor;
}

void causal_softmax(float* scores, float scale, int64_t rows, int64_t columns, int64_t stride,
                    int64_t visible, float* log_sum) {
  for (int64_t r = 0; r < rows; ++r, scores += stride) {
    const int64_t count = std::min(columns, visible + r);
    const float shift = scale * largest(scores, count);
    const float sum = exponentials(scores, scale, shift, count);
    multiply(scores, 1.0F / sum, count);
    std::fill(scores + count, scores + columns, 0.0F);
    log_sum[r] = shift + std::log(sum);
  }
}

void causal_softmax_again(float* scores, float scale, int64_t rows, int64_t columns, int64_t stride,
                          int64_t visible, const float* log_sum) {
  for (int64_t r = 0; r < rows; ++r, scores += stride) {
    const int64_t count = std::min(columns, visible + r);
    exponentials(scores, scale, log_sum[r], count);
    std::fill(scores + count, scores + columns, 0.0F);
  }
}

void causal_softmax_backward(const float* p, float* grad_p, float scale, int64_t rows, int64_t columns,
                             int64_t stride, int64_t visible, const float* delta) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto factor = hn::Set(d, scale);
  for (int64_t r = 0; r < rows; ++r, p += stride, grad_p += stride) {
    const int64_t count = std::min(columns, visible + r);
    const auto less = hn::Set(d, delta[r]);
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      const auto grad = hn::Mul(hn::Sub(hn::LoadU(d, grad_p + i), less), factor);
      hn::StoreU(hn::Mul(hn::LoadU(d, p + i), grad), d, grad_p + i);
    }
    for (; i < count; ++i) grad_p[i] = p[i] * ((grad_p[i] - delta[r]) * scale);
    std::fill(grad_p + count, grad_p + columns, 0.0F);
  }
}

void dots(const float* a, const float* b, int64_t rows, int64_t width, int64_t stride, float* delta) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t r = 0; r < rows; ++r, a += stride, b += stride) {
    auto sum = hn::Zero(d);
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) sum = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum);
    delta[r] = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < width; ++i) delta[r] += a[i] * b[i];
  }
}

double cross_entropy(float* logits, int64_t width, int64_t target, float scale) {
  const float shift = largest(logits, width), at_target = logits[target];
  const float sum = exponentials(logits, 1.0F, shift, width);
  if (scale != 0) {
    multiply(logits, scale / sum, width);
    logits[target] -= scale;
  }
  return static_cast<double>(shift) - static_cast<double>(at_target) + std::log(static_cast<double>(sum));
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(causal_softmax);
HWY_EXPORT(causal_softmax_again);
HWY_EXPORT(causal_softmax_backward);
HWY_EXPORT(dots);
HWY_EXPORT(cross_entropy);

}  // namespace

void causal_softmax_rows(float* scores, float scale, int64_t rows, int64_t columns, int64_t stride,
                         int64_t visible, float* log_sum) {
  HWY_DYNAMIC_DISPATCH(causal_softmax)(scores, scale, rows, columns, stride, visible, log_sum);
}

void causal_softmax_rows_again(float* scores, float scale, int64_t rows, int64_t columns, int64_t stride,
                               int64_t visible, const float* log_sum) {
  HWY_DYNAMIC_DISPATCH(causal_softmax_again)(scores, scale, rows, columns, stride, visible, log_sum);
}

void causal_softmax_rows_backward(const float* p, float* grad_p, float scale, int64_t rows, int64_t columns,
                                  int64_t stride, int64_t visible, const float* delta) {
  HWY_DYNAMIC_DISPATCH(causal_softmax_backward)
  (p, grad_p, scale, rows, columns, stride, visible, delta);
}

void dot_rows(const float* a, const float* b, int64_t rows, int64_t width, int64_t stride, float* delta) {
  HWY_DYNAMIC_DISPATCH(dots)(a, b, rows, width, stride, delta);
}

double cross_entropy_row(float* logits, int64_t width, int64_t target, float scale) {
  return HWY_DYNAMIC_DISPATCH(cross_entropy)(logits, width, target, scale);
}

}  // namespace evergreen::kernels::cpu
#endif
