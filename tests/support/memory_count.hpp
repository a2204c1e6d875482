// What LibTorch holds: counted by its allocator, on this thread, from when the count is put in place.
#pragma once

#include <algorithm>
#include <memory>

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

namespace evergreen::test {

struct MemoryCount : c10::MemoryReportingInfoBase {
  int64_t now = 0, most = 0;  // bytes
  void reportMemoryUsage(void* /*block*/, int64_t bytes, size_t /*all*/, size_t /*reserved*/,
                         c10::Device /*device*/) override {
    now += bytes;
    most = std::max(most, now);
  }
  bool memoryProfilingEnabled() const override { return true; }
};

// Bytes that `make()` has taken and that what it returns still holds.
template <class Make>
int64_t bytes_held_by(const Make& make) {
  const auto count = std::make_shared<MemoryCount>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, count);
  const auto held = make();
  return count->now;
}

}  // namespace evergreen::test
