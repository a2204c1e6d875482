// A kernel onto a stream: cudaLaunchKernelEx with what evergreen's launchers need.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

#include "evergreen/kernels/cuda/launchers.hpp"

namespace evergreen::kernels::cuda {

struct Grid {
  int64_t blocks;  // along x
  int threads;     // of a block
  int64_t blocks_y = 1;
  int64_t shared_bytes = 0;
};

template <class... Parameters, class... Arguments>
int launch_on(Stream stream, const Grid& grid, void (*kernel)(Parameters...), const Arguments&... arguments) {
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(grid.blocks), static_cast<unsigned>(grid.blocks_y));
  config.blockDim = dim3(static_cast<unsigned>(grid.threads));
  config.dynamicSmemBytes = static_cast<size_t>(grid.shared_bytes);
  config.stream = stream;
  return cudaLaunchKernelEx(&config, kernel, arguments...);
}

}  // namespace evergreen::kernels::cuda
