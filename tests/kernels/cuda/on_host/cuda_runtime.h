// So much of CUDA that evergreen's kernels compile as C++ and run on the host, block after block: a stand-in for the GPU where there
// is none, under the address sanitizer. It says nothing about speed, and nothing about what only a GPU has: memory ordering between
// barriers beyond two orders of threads, register and shared memory limits, contraction of products.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/kernels/cuda/on_host/fibers.hpp"

#define __global__ static
#define __device__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(threads)

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  dim3() = default;
  explicit dim3(unsigned x_, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct alignas(16) uint4 {
  uint32_t x, y, z, w;
};
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }
inline void __stwb(uint4* to, uint4 words) { *to = words; }
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

struct CUstream_st;
enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidValue = 1 };
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  CUstream_st* stream = nullptr;
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel, cudaFuncAttribute, int) {
  return cudaSuccess;
}

inline void __syncthreads() { evergreen::test::wait_for_block(); }

namespace evergreen::kernels::cuda {
inline std::vector<float> dynamic_shared_memory;  // of just the size asked for
inline float* dynamic_shared() { return dynamic_shared_memory.data(); }
}  // namespace evergreen::kernels::cuda

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               const Arguments&... arguments) {
  const dim3 grid = config->gridDim, block = config->blockDim;
  if (grid.x == 0 || grid.y == 0 || grid.y > 65535 || block.x == 0 || block.x > 1024)
    return cudaErrorInvalidValue;
  gridDim = grid, blockDim = block;
  for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y) {
    for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) {
      evergreen::kernels::cuda::dynamic_shared_memory.assign(config->dynamicSmemBytes / sizeof(float),
                                                             std::numeric_limits<float>::quiet_NaN());
      evergreen::test::run_fibers(
          static_cast<int>(block.x), [&] { kernel(arguments...); },
          [](int thread) { threadIdx.x = static_cast<unsigned>(thread); });
    }
  }
  return cudaSuccess;
}
