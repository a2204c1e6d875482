#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

#include "evergreen/kernels/cuda/block_reduce.cuh"
#include "evergreen/kernels/cuda/elements.cuh"
#include "evergreen/kernels/cuda/launch.cuh"

namespace evergreen::kernels::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kKeys = 32;  // of a tile: one for each thread of a warp
constexpr int kSums = 8;   // query heads whose sums over values a thread has in registers at a time

struct Larger {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

// What a block keeps in shared memory, for the query heads of one KV head.
struct Scratch {
  float *q_GE, *out_GE;      // scaled queries; sums over values so far
  float* weights_GT;         // scores of the tile's keys, then their exponentials
  float *largest_G, *sum_G;  // of the scores so far (arXiv 1805.02867)
  float* factor_G;           // of the sums so far: what a new largest score makes of them
};

int64_t scratch_floats(const PagedAttention& call) {
  return call.heads / call.kv_heads * (2 * call.width + kKeys + 3);
}

__device__ __forceinline__ Scratch scratch_of(float* memory, int group, int width) {
  Scratch s;
  s.q_GE = memory;
  s.out_GE = s.q_GE + group * width;
  s.weights_GT = s.out_GE + group * width;
  s.largest_G = s.weights_GT + group * kKeys;
  s.sum_G = s.largest_G + group;
  s.factor_G = s.sum_G + group;
  return s;
}

// One block per query token and KV head: its group of query heads reads each key and value while it is in the caches.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) attend(PagedAttention call) {
  namespace cg = cooperative_groups;
  const auto warp = cg::tiled_partition<32>(cg::this_thread_block());
  const int lane = static_cast<int>(warp.thread_rank()),
            first_of_warp = static_cast<int>(warp.meta_group_rank()),
            warps = static_cast<int>(warp.meta_group_size());
  const int64_t token = blockIdx.x, kv_head = blockIdx.y;
  const int group = static_cast<int>(call.heads / call.kv_heads), width = static_cast<int>(call.width);
  const int keys = call.keys_N[token];
  const int32_t* pages = call.pages_SM + call.sequence_N[token] * call.pages_stride;
  const Scratch s = scratch_of(dynamic_shared(), group, width);
  // Where key or value `i` of this KV head begins, in elements.
  const auto place = [&](int i) {
    const int64_t at = int64_t{pages[i / call.page_tokens]} * call.page_tokens + i % call.page_tokens;
    return (at * call.kv_heads + kv_head) * width;
  };

  const T* q = static_cast<const T*>(call.q_NHE) + token * call.q_stride + kv_head * group * width;
  for (int i = static_cast<int>(threadIdx.x); i < group * width; i += kThreads) {
    s.q_GE[i] = to_float(q[i]) * call.scale;
    s.out_GE[i] = 0;
  }
  for (int g = static_cast<int>(threadIdx.x); g < group; g += kThreads)
    s.largest_G[g] = -INFINITY, s.sum_G[g] = 0;
  __syncthreads();

  for (int first = 0; first < keys; first += kKeys) {
    const int count = keys - first < kKeys ? keys - first : kKeys;
    for (int key = first_of_warp; key < count; key += warps) {
      const T* k = static_cast<const T*>(call.keys_PTKE) + place(first + key);
      for (int g = 0; g < group; ++g) {
        float product = 0;
        for (int e = lane * N; e < width; e += 32 * N) {
          float x[N];
          load(k + e, x);
#pragma unroll
          for (int i = 0; i < N; ++i) product += x[i] * s.q_GE[g * width + e + i];
        }
        product = cg::reduce(warp, product, cg::plus<float>());
        if (lane == 0) s.weights_GT[g * kKeys + key] = product;
      }
    }
    __syncthreads();
    for (int g = first_of_warp; g < group; g += warps) {
      const float score = lane < count ? s.weights_GT[g * kKeys + lane] : -INFINITY, before = s.largest_G[g];
      const float largest = fmaxf(before, cg::reduce(warp, score, Larger()));
      const float weight = lane < count ? expf(score - largest) : 0.0F;
      const float sum = cg::reduce(warp, weight, cg::plus<float>());
      s.weights_GT[g * kKeys + lane] = weight;
      if (lane == 0) {
        s.factor_G[g] = expf(before - largest);
        s.sum_G[g] = s.sum_G[g] * s.factor_G[g] + sum;
        s.largest_G[g] = largest;
      }
    }
    __syncthreads();
    for (int e = static_cast<int>(threadIdx.x); e < width; e += kThreads) {
      for (int begin = 0; begin < group; begin += kSums) {
        float sums[kSums];
#pragma unroll
        for (int i = 0; i < kSums; ++i) {
          const int g = begin + i;
          sums[i] = g < group ? s.out_GE[g * width + e] * s.factor_G[g] : 0.0F;
        }
        for (int key = 0; key < count; ++key) {
          const float v = to_float(static_cast<const T*>(call.values_PTKE)[place(first + key) + e]);
#pragma unroll
          for (int i = 0; i < kSums; ++i) {
            if (begin + i < group) sums[i] += s.weights_GT[(begin + i) * kKeys + key] * v;
          }
        }
#pragma unroll
        for (int i = 0; i < kSums; ++i) {
          if (begin + i < group) s.out_GE[(begin + i) * width + e] = sums[i];
        }
      }
    }
    __syncthreads();
  }

  T* out = static_cast<T*>(call.out_NHE) + (token * call.heads + kv_head * group) * width;
  for (int i = static_cast<int>(threadIdx.x); i < group * width; i += kThreads)
    out[i] = to_element<T>(s.out_GE[i] / s.sum_G[i / width]);
}

}  // namespace

bool has_paged_attention(int64_t heads, int64_t kv_heads, int64_t width) {
  constexpr int64_t kSharedBytes = 48 * 1024;  // of a block, on every GPU without asking
  PagedAttention call = {};
  call.heads = heads, call.kv_heads = kv_heads, call.width = width;
  return scratch_floats(call) * static_cast<int64_t>(sizeof(float)) <= kSharedBytes;
}

int launch_paged_attention(Element element, const PagedAttention& call, Stream stream) {
  if (call.tokens == 0) return cudaSuccess;
  const bool wide = call.width % per_access(element) == 0 && is_aligned(call.keys_PTKE);
  return for_element(element, wide, [&](auto type, auto count) {
    return launch_on(
        stream,
        {call.tokens, kThreads, call.kv_heads, scratch_floats(call) * static_cast<int64_t>(sizeof(float))},
        attend<typename decltype(type)::Type, decltype(count)::value>, call);
  });
}

}  // namespace evergreen::kernels::cuda
