// silu(gate) * up of one element and its gradients, as cpu/swiglu_rows has them.
#pragma once

#include <cmath>

#include "evergreen/kernels/cuda/host_device.hpp"

namespace evergreen::kernels::cuda {

EVERGREEN_HOST_DEVICE float sigmoid(float x) {
  const float small = expf(-fabsf(x));  // never overflows
  return (x < 0 ? small : 1.0F) / (1.0F + small);
}

EVERGREEN_HOST_DEVICE float swiglu(float gate, float up) { return gate * sigmoid(gate) * up; }

struct SwigluGradient {
  float y, gate, up;  // y again, and the gradients
};
// With s = sigmoid(gate): d silu / d gate = s * (1 + gate * (1 - s)).
EVERGREEN_HOST_DEVICE SwigluGradient swiglu_gradient(float grad_y, float gate, float up) {
  const float s = sigmoid(gate), silu = gate * s;
  return {silu * up, grad_y * up * (s * (gate * (1.0F - s) + 1.0F)), grad_y * silu};
}

}  // namespace evergreen::kernels::cuda
