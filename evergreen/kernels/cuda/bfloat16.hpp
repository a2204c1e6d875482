// bfloat16 as 16 bits: exact widening, rounding to nearest (ties to even), and stochastic rounding.
//
// Stochastic rounding (arXiv 2010.06192, section 3) goes up with the probability of the distance to the value below, so that its
// mean is the value itself: updates too small for the nearest bfloat16 are not lost on average. What bfloat16 holds exactly stays.
#pragma once

#include <cstdint>
#include <cstring>

#include "evergreen/kernels/cuda/host_device.hpp"

namespace evergreen::kernels::cuda {

EVERGREEN_HOST_DEVICE uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof(bits));
  return bits;
}

EVERGREEN_HOST_DEVICE float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof(x));
  return x;
}

EVERGREEN_HOST_DEVICE float widened(uint16_t bits) { return float_of(uint32_t{bits} << 16); }

EVERGREEN_HOST_DEVICE bool is_nan_bits(uint32_t bits) { return (bits & 0x7FFFFFFFU) > 0x7F800000U; }

EVERGREEN_HOST_DEVICE uint16_t nearest_bfloat16(float x) {
  const uint32_t bits = bits_of(x);
  if (is_nan_bits(bits)) return 0x7FC0;
  return static_cast<uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

// `random`: its low 16 bits, uniform. Infinity stays, NaN stays NaN.
EVERGREEN_HOST_DEVICE uint16_t stochastic_bfloat16(float x, uint32_t random) {
  const uint32_t bits = bits_of(x);
  if (is_nan_bits(bits)) return 0x7FC0;
  return static_cast<uint16_t>((bits + (random & 0xFFFFU)) >> 16);
}

}  // namespace evergreen::kernels::cuda
