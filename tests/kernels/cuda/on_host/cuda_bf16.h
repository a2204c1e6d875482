#pragma once

#include "evergreen/kernels/cuda/bfloat16.hpp"
#include "tests/kernels/cuda/on_host/cuda_runtime.h"

struct __nv_bfloat16 {
  uint16_t bits;
};
inline uint16_t __bfloat16_as_ushort(__nv_bfloat16 x) { return x.bits; }
inline float __bfloat162float(__nv_bfloat16 x) { return evergreen::kernels::cuda::widened(x.bits); }
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return {evergreen::kernels::cuda::nearest_bfloat16(x)}; }
