#include "evergreen/kernels/cuda/block_reduce.cuh"
#include "evergreen/kernels/cuda/elements.cuh"
#include "evergreen/kernels/cuda/launch.cuh"
#include "evergreen/kernels/cuda/softmax_maths.hpp"

namespace evergreen::kernels::cuda {
namespace {

constexpr int kThreads = 512;

struct Merge {
  __device__ SoftmaxSum operator()(SoftmaxSum a, SoftmaxSum b) const { return merged(a, b); }
};

template <class T, int N>
__device__ __forceinline__ SoftmaxSum sum_of_row(const T* logits, int64_t vocabulary) {
  SoftmaxSum sum = no_logits();
  for (int64_t i = int64_t{threadIdx.x} * N; i < vocabulary; i += kThreads * N) {
    float x[N];
    load(logits + i, x);
    sum = merged(sum, softmax_sum(x));
  }
  return block_reduce(sum, no_logits(), Merge());
}

// exp(x - largest) * factor, less `weight` at the target.
template <class T, int N>
__device__ __forceinline__ void write_gradient(T* logits, const CrossEntropy& loss, SoftmaxSum sum,
                                               int64_t target) {
  const float factor = cross_entropy_factor(sum, loss.weight, loss.z_loss);
  for (int64_t i = int64_t{threadIdx.x} * N; i < loss.vocabulary; i += kThreads * N) {
    float x[N];
    load(logits + i, x);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      x[k] = expf(x[k] - sum.largest) * factor;
      if (i + k == target) x[k] -= loss.weight;
    }
    store(x, logits + i);
  }
}

template <class T, int N>
__device__ __forceinline__ void clear(T* logits, int64_t vocabulary) {
  float zeros[N];
#pragma unroll
  for (int k = 0; k < N; ++k) zeros[k] = 0;
  for (int64_t i = int64_t{threadIdx.x} * N; i < vocabulary; i += kThreads * N) store(zeros, logits + i);
}

// One block per row. The row is read twice: 128k logits do not fit into a block's shared memory.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) cross_entropy(CrossEntropy loss) {
  const int64_t row = blockIdx.x, target = loss.targets_C[row];
  T* logits = static_cast<T*>(loss.logits_CV) + row * loss.vocabulary;
  if (target == loss.ignored) {
    if (threadIdx.x == 0) loss.losses_C[row] = 0;
    if (loss.weight != 0) clear<T, N>(logits, loss.vocabulary);
    return;
  }
  const bool known = target >= 0 && target < loss.vocabulary;
  const float at_target = known ? to_float(logits[target]) : NAN;  // before it is written over
  const SoftmaxSum sum = sum_of_row<T, N>(logits, loss.vocabulary);
  if (threadIdx.x == 0) loss.losses_C[row] = sum.largest - at_target + logf(sum.sum);
  if (loss.weight != 0) write_gradient<T, N>(logits, loss, sum, target);
}

}  // namespace

int launch_cross_entropy(Element element, const CrossEntropy& loss, Stream stream) {
  if (loss.rows == 0) return cudaSuccess;
  const bool wide = loss.vocabulary % per_access(element) == 0 && is_aligned(loss.logits_CV);
  return for_element(element, wide, [&](auto type, auto n) {
    return launch_on(stream, {loss.rows, kThreads},
                     cross_entropy<typename decltype(type)::Type, decltype(n)::value>, loss);
  });
}

}  // namespace evergreen::kernels::cuda
