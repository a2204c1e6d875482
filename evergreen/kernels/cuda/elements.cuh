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

template <int N, class T>
__device__ __forceinline__ void store(const float (&from)[N], T* to) {
  Pack<T, N> pack;
#pragma unroll
  for (int i = 0; i < N; ++i) pack.element[i] = to_element<T>(from[i]);
  *reinterpret_cast<Pack<T, N>*>(to) = pack;
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
