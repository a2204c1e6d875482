// N neighbouring elements as float32 registers: one access of 16 bytes (two where N elements take 32).
#pragma once

#include <cstdint>

#include <cuda_bf16.h>

#include "evergreen/kernels/cuda/launchers.hpp"

namespace evergreen::kernels::cuda {

template <class T>
inline constexpr int kPerAccess = 16 / static_cast<int>(sizeof(T));

template <class T, int N>
struct alignas(sizeof(T) * N < 16 ? sizeof(T) * N : 16) Pack {
  T element[N];
};

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }
template <class T>
__device__ __forceinline__ T to_element(float x) {
  if constexpr (sizeof(T) == 4) {
    return x;
  } else {
    return __float2bfloat16_rn(x);
  }
}

template <int N, class T>
__device__ __forceinline__ void load(const T* from, float (&to)[N]) {
  const auto pack = *reinterpret_cast<const Pack<T, N>*>(from);
#pragma unroll
  for (int i = 0; i < N; ++i) to[i] = to_float(pack.element[i]);
}

// A word of 32 bits: float32 element i, or the bfloat16 elements 2 * i and 2 * i + 1.
template <class T>
__device__ __forceinline__ uint32_t word_of(const float* from, int i) {
  if constexpr (sizeof(T) == 4) {
    return bits_of(from[i]);
  } else {
    const uint32_t low = __bfloat16_as_ushort(to_element<T>(from[2 * i])),
                   high = __bfloat16_as_ushort(to_element<T>(from[2 * i + 1]));
    return low | high << 16;
  }
}

// To global memory, by the intrinsic: nvcc splits some plain stores of 16 bytes.
template <int N, class T>
__device__ __forceinline__ void store(const float (&from)[N], T* to) {
  if constexpr (N == 1) {
    *to = to_element<T>(from[0]);
  } else {
    static_assert(N % kPerAccess<T> == 0);
#pragma unroll
    for (int i = 0; i < N / kPerAccess<T>; ++i) {
      const float* part = from + i * kPerAccess<T>;
      __stwb(reinterpret_cast<uint4*>(to) + i,
             make_uint4(word_of<T>(part, 0), word_of<T>(part, 1), word_of<T>(part, 2), word_of<T>(part, 3)));
    }
  }
}

template <int N>
__device__ __forceinline__ void store_shared(const float (&from)[N], float* to) {
  Pack<float, N> pack;
#pragma unroll
  for (int i = 0; i < N; ++i) pack.element[i] = from[i];
  *reinterpret_cast<Pack<float, N>*>(to) = pack;
}

inline bool is_aligned(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) % 16 == 0; }

// Calls f(Chosen<type of the element>, Count<elements of an access>): several where `wide`: whether 16 bytes may be accessed at once.
template <class T>
struct Chosen {
  using Type = T;
};
template <int N>
struct Count {
  static constexpr int value = N;
};
template <class F>
int for_element(Element element, bool wide, const F& f) {
  if (element == Element::f32)
    return wide ? f(Chosen<float>(), Count<kPerAccess<float>>()) : f(Chosen<float>(), Count<1>());
  return wide ? f(Chosen<__nv_bfloat16>(), Count<kPerAccess<__nv_bfloat16>>())
              : f(Chosen<__nv_bfloat16>(), Count<1>());
}

inline int64_t per_access(Element element) {
  return element == Element::f32 ? kPerAccess<float> : kPerAccess<__nv_bfloat16>;
}

}  // namespace evergreen::kernels::cuda
