#pragma once

#include "tests/kernels/cuda/on_host/cuda_runtime.h"

namespace cooperative_groups {

struct thread_block {};
inline thread_block this_thread_block() { return {}; }

struct Warp {
  unsigned thread_rank() const { return threadIdx.x % 32; }
  unsigned meta_group_rank() const { return threadIdx.x / 32; }
  unsigned meta_group_size() const { return blockDim.x / 32; }
};
template <int Threads>
Warp tiled_partition(thread_block) {
  static_assert(Threads == 32);
  return {};
}

template <class T>
struct plus {
  T operator()(T a, T b) const { return a + b; }
};

}  // namespace cooperative_groups
