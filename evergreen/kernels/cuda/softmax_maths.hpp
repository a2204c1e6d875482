// The online softmax sum (Milakov and Gimelshein, arXiv 1805.02867): the largest logit and the sum of exponentials in one pass, parts
// merged in any grouping; cross-entropy from it.
//
// Numbers   float32. A NaN or +infinity among the logits makes the sum, and so the loss, NaN: never silently a number.
#pragma once

#include <cmath>

#include "evergreen/kernels/cuda/host_device.hpp"

namespace evergreen::kernels::cuda {

struct SoftmaxSum {
  float largest, sum;  // sum of exp(x - largest)
};

EVERGREEN_HOST_DEVICE SoftmaxSum no_logits() { return {-INFINITY, 0.0F}; }

EVERGREEN_HOST_DEVICE SoftmaxSum merged(SoftmaxSum a, SoftmaxSum b) {
  const float largest = fmaxf(a.largest, b.largest);
  if (largest == -INFINITY) return {largest, a.sum + b.sum};  // nothing in both, but perhaps a NaN
  return {largest, a.sum * expf(a.largest - largest) + b.sum * expf(b.largest - largest)};
}

template <int N>
EVERGREEN_HOST_DEVICE SoftmaxSum softmax_sum(const float (&x)[N]) {
  float largest = x[0];
  for (int i = 1; i < N; ++i) largest = fmaxf(largest, x[i]);
  if (!(largest > -INFINITY)) {  // masked logits alone, or NaN
    float sum = 0;
    for (int i = 0; i < N; ++i) sum += x[i] == -INFINITY ? 0.0F : NAN;
    return {-INFINITY, sum};
  }
  float sum = 0;
  for (int i = 0; i < N; ++i) sum += expf(x[i] - largest);
  return {largest, sum};
}

EVERGREEN_HOST_DEVICE float log_sum(SoftmaxSum s) { return s.largest + logf(s.sum); }

// The factor of the exponentials exp(x - largest) in the gradient of weight * (-ln p(target) + z_loss * ln(Z)^2); `weight` is
// taken off the target's besides.
EVERGREEN_HOST_DEVICE float cross_entropy_factor(SoftmaxSum s, float weight, float z_loss) {
  return weight / s.sum * (1.0F + 2.0F * z_loss * log_sum(s));
}

}  // namespace evergreen::kernels::cuda
