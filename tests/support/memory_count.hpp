// What a piece of work leaves in LibTorch's memory.
#pragma once

#include <memory>

#include "evergreen/kernels/tensor_memory.hpp"

namespace evergreen::test {

// Bytes that `make()` has taken and that what it returns still holds.
template <class Make>
int64_t bytes_held_by(const Make& make) {
  const auto count = std::make_shared<kernels::TensorMemory>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, count);
  const auto held = make();
  return count->now;
}

}  // namespace evergreen::test
