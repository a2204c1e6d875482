// A reduction over the threads of a block by shuffles, the same order every time; all threads get the result.
#pragma once

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

namespace evergreen::kernels::cuda {

#if defined(__CUDACC__)
// The shared memory that the launch asked for, aligned to 16 bytes.
__device__ __forceinline__ float* dynamic_shared() {
  extern __shared__ float4 shared[];
  return reinterpret_cast<float*>(shared);
}
#endif

// The block has a multiple of 32 threads, 1024 at the most. `identity`: op(identity, x) is x.
template <class T, class Op>
__device__ __forceinline__ T block_reduce(T value, T identity, const Op& op) {
  namespace cg = cooperative_groups;
  __shared__ T partial[32];
  const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  value = cg::reduce(warp, value, op);
  __syncthreads();  // the last call's partials have been read
  if (warp.thread_rank() == 0) partial[warp.meta_group_rank()] = value;
  __syncthreads();
  value = warp.thread_rank() < warp.meta_group_size() ? partial[warp.thread_rank()] : identity;
  return cg::reduce(warp, value, op);
}

__device__ __forceinline__ float block_sum(float value) {
  return block_reduce(value, 0.0F, cooperative_groups::plus<float>());
}

}  // namespace evergreen::kernels::cuda
