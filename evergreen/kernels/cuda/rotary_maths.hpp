// One pair of a head, elements e and e + E/2, turned by an angle.
#pragma once

#include "evergreen/kernels/cuda/host_device.hpp"

namespace evergreen::kernels::cuda {

struct RotaryPair {
  float low, high;
};
EVERGREEN_HOST_DEVICE RotaryPair turned(RotaryPair x, float cosine, float sine) {
  return {x.low * cosine - x.high * sine, x.high * cosine + x.low * sine};
}

}  // namespace evergreen::kernels::cuda
