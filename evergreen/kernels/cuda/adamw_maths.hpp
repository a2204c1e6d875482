// AdamW (arXiv 1711.05101) of one element, in the order of operations of cpu/adamw_rows: the same bits as there on a CPU with
// fused multiply-add. Compiled without contraction of its own (-fmad=false): the fused steps are those written so.
#pragma once

#include <cmath>

#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/kernels/cuda/bfloat16.hpp"
#include "evergreen/kernels/cuda/random_bits.hpp"

namespace evergreen::kernels::cuda {

struct AdamWElement {
  float value, exp_avg, exp_avg_sq;
};

EVERGREEN_HOST_DEVICE AdamWElement adamw_element(AdamWElement old, float gradient,
                                                 const cpu::AdamWStep& step) {
  const float g = gradient * step.gradient_scale;
  const float m = fmaf(g - old.exp_avg, step.one_minus_beta1, old.exp_avg);
  const float v = fmaf(g * g, step.one_minus_beta2, old.exp_avg_sq * step.beta2);
  const float denominator = sqrtf(v) / step.bias2_sqrt + step.eps;
  return {old.value * step.kept - m * step.rate / denominator, m, v};
}

// How results that are bfloat16 are rounded: element i takes number first + i of the stream, 16 bits each for the value, the average and
// the average of squares.
struct Rounding {
  bool stochastic = false;  // false: to nearest
  StreamKey stream = {};
  uint64_t first = 0;
};

// Of the element whose number is words 2 * (i % 2) and the next one of `random`.
struct RoundingBits {
  uint32_t value, exp_avg, exp_avg_sq;
};
EVERGREEN_HOST_DEVICE RoundingBits rounding_bits(const RandomBits& random, int odd) {
  const uint32_t low = random.word[2 * odd], high = random.word[2 * odd + 1];
  return {low & 0xFFFFU, low >> 16, high & 0xFFFFU};
}

EVERGREEN_HOST_DEVICE uint16_t rounded(float x, bool stochastic, uint32_t random) {
  return stochastic ? stochastic_bfloat16(x, random) : nearest_bfloat16(x);
}

}  // namespace evergreen::kernels::cuda
