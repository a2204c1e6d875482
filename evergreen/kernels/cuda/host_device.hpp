// Functions of one element that kernels and tests on the host share: what a GPU computes is executed by ctest where there is none.
#pragma once

#if defined(__CUDACC__)
#define EVERGREEN_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define EVERGREEN_HOST_DEVICE inline
#endif
