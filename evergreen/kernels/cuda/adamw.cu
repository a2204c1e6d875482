#include "evergreen/kernels/cuda/elements.cuh"
#include "evergreen/kernels/cuda/launch.cuh"

namespace evergreen::kernels::cuda {
namespace {

constexpr int kThreads = 256;

__device__ __forceinline__ float rounded_to(float* /*element*/, float x, bool /*stochastic*/, uint32_t) {
  return x;
}
__device__ __forceinline__ float rounded_to(__nv_bfloat16* /*element*/, float x, bool stochastic,
                                            uint32_t random) {
  return widened(rounded(x, stochastic, random));  // exact in bfloat16: storing it rounds no more
}

// N elements from `first` on, N even or 1. Random bits come in pairs of elements: with N even, rounding.first is even.
template <class V, class G, class M, int N>
__device__ __forceinline__ void update(const AdamWArrays& arrays, const cpu::AdamWStep& step,
                                       const Rounding& rounding, int64_t first) {
  V* value = static_cast<V*>(arrays.value) + first;
  M *exp_avg = static_cast<M*>(arrays.exp_avg) + first,
    *exp_avg_sq = static_cast<M*>(arrays.exp_avg_sq) + first;
  float x[N], g[N], m[N], v[N];
  load(value, x), load(static_cast<const G*>(arrays.gradient) + first, g);
  load(exp_avg, m), load(exp_avg_sq, v);
  RandomBits random = {};
#pragma unroll
  for (int k = 0; k < N; ++k) {
    const AdamWElement out = adamw_element({x[k], m[k], v[k]}, g[k], step);
    const uint64_t number = rounding.first + static_cast<uint64_t>(first) + k;
    const int odd = N == 1 ? static_cast<int>(number & 1) : k & 1;
    if (rounding.stochastic && (N == 1 || odd == 0)) random = random_pair(rounding.stream, number / 2);
    const RoundingBits bits = odd == 0 ? rounding_bits(random, 0) : rounding_bits(random, 1);
    x[k] = rounded_to(value, out.value, rounding.stochastic, bits.value);
    m[k] = rounded_to(exp_avg, out.exp_avg, rounding.stochastic, bits.exp_avg);
    v[k] = rounded_to(exp_avg_sq, out.exp_avg_sq, rounding.stochastic, bits.exp_avg_sq);
  }
  store(x, value), store(m, exp_avg), store(v, exp_avg_sq);
}

template <class V, class G, class M, int N>
__global__ void __launch_bounds__(kThreads)
    adamw(AdamWArrays arrays, cpu::AdamWStep step, Rounding rounding) {
  const int64_t first = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * N;
  if (first + N <= arrays.count) {
    update<V, G, M, N>(arrays, step, rounding, first);
  } else {
    for (int64_t i = first; i < arrays.count; ++i) update<V, G, M, 1>(arrays, step, rounding, i);
  }
}

template <class V, class G, class M, int N>
int launch(const AdamWArrays& arrays, const cpu::AdamWStep& step, const Rounding& rounding, Stream stream) {
  const int64_t per_block = int64_t{kThreads} * N, blocks = (arrays.count + per_block - 1) / per_block;
  return launch_on(stream, {blocks, kThreads}, adamw<V, G, M, N>, arrays, step, rounding);
}

template <class V, class G, class M>
int launch_for(const AdamWArrays& arrays, const cpu::AdamWStep& step, const Rounding& rounding,
               Stream stream) {
  const bool wide = is_aligned(arrays.value) && is_aligned(arrays.gradient) && is_aligned(arrays.exp_avg) &&
                    is_aligned(arrays.exp_avg_sq) && rounding.first % 2 == 0;
  return wide ? launch < V, G, M,
         sizeof(G) == 2 ? 8 : 4 > (arrays, step, rounding, stream)
              : launch<V, G, M, 1>(arrays, step, rounding, stream);
}

}  // namespace

bool has_adamw(Element value, Element gradient, Element moments) {
  if (value == Element::f32) return moments == Element::f32;
  return gradient == Element::bf16;
}

int launch_adamw(const AdamWArrays& arrays, const cpu::AdamWStep& step, const Rounding& rounding,
                 Stream stream) {
  using BFloat16 = __nv_bfloat16;
  if (!has_adamw(arrays.value_element, arrays.gradient_element, arrays.moment_element))
    return cudaErrorInvalidValue;
  if (arrays.count == 0) return cudaSuccess;
  if (arrays.value_element == Element::bf16) {
    return arrays.moment_element == Element::bf16
               ? launch_for<BFloat16, BFloat16, BFloat16>(arrays, step, rounding, stream)
               : launch_for<BFloat16, BFloat16, float>(arrays, step, rounding, stream);
  }
  return arrays.gradient_element == Element::bf16
             ? launch_for<float, BFloat16, float>(arrays, step, rounding, stream)
             : launch_for<float, float, float>(arrays, step, rounding, stream);
}

}  // namespace evergreen::kernels::cuda
