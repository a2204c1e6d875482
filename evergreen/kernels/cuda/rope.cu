#include "evergreen/kernels/cuda/elements.cuh"
#include "evergreen/kernels/cuda/launch.cuh"
#include "evergreen/kernels/cuda/rotary_maths.hpp"

namespace evergreen::kernels::cuda {
namespace {

constexpr int kThreads = 256;

// One block per token: its angles are read once from memory, its heads' pairs shared out among the threads.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) turn(Rope rope) {
  const int64_t token = blockIdx.x;
  const int half = static_cast<int>(rope.half), pairs = static_cast<int>(rope.heads) * half;
  const T *x = static_cast<const T*>(rope.x_NHE) + token * rope.x_stride,
          *cosines = static_cast<const T*>(rope.cos_NF) + token * half,
          *sines = static_cast<const T*>(rope.sin_NF) + token * half;
  T* y = static_cast<T*>(rope.y_NHE) + token * rope.y_stride;
  for (int pair = static_cast<int>(threadIdx.x) * N; pair < pairs; pair += kThreads * N) {
    const int angle = pair % half, low_at = 2 * (pair - angle) + angle;
    float low[N], high[N], c[N], s[N];
    load(x + low_at, low), load(x + low_at + half, high), load(cosines + angle, c), load(sines + angle, s);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const RotaryPair out = turned({low[k], high[k]}, c[k], s[k] * rope.sign);
      low[k] = out.low, high[k] = out.high;
    }
    store(low, y + low_at);
    store(high, y + low_at + half);
  }
}

}  // namespace

int launch_rope(Element element, const Rope& rope, Stream stream) {
  if (rope.tokens == 0 || rope.heads == 0) return cudaSuccess;
  const int64_t n = per_access(element);
  const bool wide = rope.half % n == 0 && rope.x_stride % n == 0 && rope.y_stride % n == 0 &&
                    is_aligned(rope.x_NHE) && is_aligned(rope.cos_NF) && is_aligned(rope.sin_NF) &&
                    is_aligned(rope.y_NHE);
  return for_element(element, wide, [&](auto type, auto count) {
    return launch_on(stream, {rope.tokens, kThreads},
                     turn<typename decltype(type)::Type, decltype(count)::value>, rope);
  });
}

}  // namespace evergreen::kernels::cuda
