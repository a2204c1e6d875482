#include "evergreen/kernels/cpu/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/kernels/cpu/rms_norm_rows.cpp"
#include <cmath>

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::kernels::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;

// Sum of f(i, vector at i) over a row, two accumulators; `f` also takes the last, partial vector.
float sum_of_products(const float* a, const float* b, const float* c, int64_t width) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto even = hn::Zero(d), odd = hn::Zero(d);
  int64_t i = 0;
  const auto product = [&](int64_t at) {
    auto x = hn::LoadU(d, a + at);
    return c == nullptr ? x : hn::Mul(x, hn::LoadU(d, c + at));
  };
  for (; i + 2 * lanes <= width; i += 2 * lanes) {
    even = hn::MulAdd(product(i), hn::LoadU(d, b + i), even);
    odd = hn::MulAdd(product(i + lanes), hn::LoadU(d, b + i + lanes), odd);
  }
  for (; i + lanes <= width; i += lanes) even = hn::MulAdd(product(i), hn::LoadU(d, b + i), even);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
  for (; i < width; ++i) sum += a[i] * b[i] * (c == nullptr ? 1.0F : c[i]);
  return sum;
}

void scaled(const float* x, const float* weight, float scale, int64_t width, float* y) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto factor = hn::Set(d, scale);
  int64_t i = 0;
  for (; i + lanes <= width; i += lanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, weight + i), hn::Mul(hn::LoadU(d, x + i), factor)), d, y + i);
  }
  for (; i < width; ++i) y[i] = weight[i] * (x[i] * scale);
}

void norm(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* y,
          float* inverse_rms) {
  for (int64_t r = 0; r < rows; ++r, x += width, y += width) {
    inverse_rms[r] =
        1.0F / std::sqrt(sum_of_products(x, x, nullptr, width) / static_cast<float>(width) + eps);
    scaled(x, weight, inverse_rms[r], width, y);
  }
}

void again(const float* x, const float* weight, const float* inverse_rms, int64_t rows, int64_t width,
           float* y) {
  for (int64_t r = 0; r < rows; ++r, x += width, y += width) scaled(x, weight, inverse_rms[r], width, y);
}

// With s = inverse_rms: grad_x = s * weight * grad_y - x * s^3 / width * sum(weight * grad_y * x).
void backward(const float* grad_y, const float* x, const float* weight, const float* inverse_rms,
              const float* through, int64_t rows, int64_t width, float* grad_x, float* grad_weight) {
  const Floats d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t r = 0; r < rows; ++r) {
    const float s = inverse_rms[r];
    const float along = sum_of_products(grad_y, x, weight, width) * s * s * s / static_cast<float>(width);
    const auto scale = hn::Set(d, s), back = hn::Set(d, along);
    int64_t i = 0;
    for (; i + lanes <= width; i += lanes) {
      const auto g = hn::Mul(hn::LoadU(d, grad_y + i), scale), value = hn::LoadU(d, x + i);
      auto out = hn::NegMulAdd(value, back, hn::Mul(g, hn::LoadU(d, weight + i)));
      if (through != nullptr) out = hn::Add(out, hn::LoadU(d, through + i));
      hn::StoreU(out, d, grad_x + i);
      hn::StoreU(hn::MulAdd(g, value, hn::LoadU(d, grad_weight + i)), d, grad_weight + i);
    }
    for (; i < width; ++i) {
      const float g = grad_y[i] * s, value = x[i];
      const float out = g * weight[i] - value * along;
      grad_x[i] = through == nullptr ? out : out + through[i];
      grad_weight[i] += g * value;
    }
    grad_y += width, x += width, grad_x += width;
    if (through != nullptr) through += width;
  }
}

}  // namespace evergreen::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen::kernels::cpu {
namespace {

HWY_EXPORT(norm);
HWY_EXPORT(again);
HWY_EXPORT(backward);

}  // namespace

void rms_norm_rows(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* y,
                   float* inverse_rms) {
  HWY_DYNAMIC_DISPATCH(norm)(x, weight, eps, rows, width, y, inverse_rms);
}

void rms_norm_rows_again(const float* x, const float* weight, const float* inverse_rms, int64_t rows,
                         int64_t width, float* y) {
  HWY_DYNAMIC_DISPATCH(again)(x, weight, inverse_rms, rows, width, y);
}

void rms_norm_rows_backward(const float* grad_y, const float* x, const float* weight,
                            const float* inverse_rms, const float* through, int64_t rows, int64_t width,
                            float* grad_x, float* grad_weight) {
  HWY_DYNAMIC_DISPATCH(backward)
  (grad_y, x, weight, inverse_rms, through, rows, width, grad_x, grad_weight);
}

}  // namespace evergreen::kernels::cpu
#endif
