// RMSNorm of one element, y = weight * x * s, and its gradients; s = 1 / sqrt(mean(x^2) + eps).
#pragma once

#include <cmath>

#include "evergreen/kernels/cuda/host_device.hpp"

namespace evergreen::kernels::cuda {

EVERGREEN_HOST_DEVICE float inverse_rms(float sum_of_squares, float width, float eps) {
  return 1.0F / sqrtf(sum_of_squares / width + eps);
}

// What all elements of a row share: sum(weight * grad_y * x) * s^3 / width.
EVERGREEN_HOST_DEVICE float rms_norm_along(float sum_of_products, float s, float width) {
  return sum_of_products * s * s * s / width;
}

EVERGREEN_HOST_DEVICE float rms_norm_grad_x(float grad_y, float x, float weight, float s, float along) {
  return grad_y * s * weight - x * along;
}

EVERGREEN_HOST_DEVICE float rms_norm_grad_weight(float grad_y, float x, float s) { return grad_y * s * x; }

}  // namespace evergreen::kernels::cuda
