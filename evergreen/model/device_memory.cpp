#include "evergreen/model/device_memory.hpp"

#include <algorithm>
#include <limits>

#include "evergreen/base/free_memory.hpp"
#include "evergreen/kernels/gpu.hpp"

namespace evergreen {

int64_t free_device_bytes(c10::Device device) {
  if (device.is_cuda()) return kernels::free_gpu_bytes(device);
  return device.is_cpu() ? free_memory() : std::numeric_limits<int64_t>::max();
}

int64_t usable_bytes(c10::Device device, int64_t free) {
  const int64_t for_a_pass = std::max(free / 10, device.is_cpu() ? 0 : int64_t{1} << 30);
  return std::max<int64_t>(0, free - for_a_pass);
}

}  // namespace evergreen
