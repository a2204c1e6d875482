#include "evergreen/model/device_memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "evergreen/kernels/gpu.hpp"

namespace evergreen {
namespace {

int64_t machine_free_bytes() {
  std::ifstream in("/proc/meminfo");
  std::string name, unit;
  for (int64_t kilobytes = 0; in >> name >> kilobytes; std::getline(in, unit)) {
    if (name == "MemAvailable:") return kilobytes * 1024;
  }
  return std::numeric_limits<int64_t>::max();
}

}  // namespace

int64_t free_bytes(c10::Device device) {
  if (device.is_cuda()) return kernels::free_gpu_bytes(device);
  return device.is_cpu() ? machine_free_bytes() : std::numeric_limits<int64_t>::max();
}

int64_t usable_bytes(c10::Device device, int64_t free) {
  const int64_t for_a_pass = std::max(free / 10, device.is_cpu() ? 0 : int64_t{1} << 30);
  return std::max<int64_t>(0, free - for_a_pass);
}

}  // namespace evergreen
