// What LibTorch's tensors take: counted by its allocator, on this thread, while a c10::DebugInfoGuard(PROFILER_STATE, count) is there. The
// process' own peak has in it what the C library keeps of freed memory.
#pragma once

#include <algorithm>
#include <cstdint>

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

namespace evergreen::kernels {

struct TensorMemory : c10::MemoryReportingInfoBase {
  int64_t now = 0, most = 0;  // bytes
  void reportMemoryUsage(void* /*block*/, int64_t bytes, size_t /*all*/, size_t /*reserved*/,
                         c10::Device /*device*/) override {
    now += bytes;
    most = std::max(most, now);
  }
  bool memoryProfilingEnabled() const override { return true; }
};

}  // namespace evergreen::kernels
