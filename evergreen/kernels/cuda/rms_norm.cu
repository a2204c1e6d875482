#include "evergreen/kernels/cuda/block_reduce.cuh"
#include "evergreen/kernels/cuda/elements.cuh"
#include "evergreen/kernels/cuda/launch.cuh"
#include "evergreen/kernels/cuda/rms_norm_maths.hpp"

namespace evergreen::kernels::cuda {
namespace {

constexpr int kThreads = 256, kBackwardThreads = 512;
constexpr int64_t kMostParts =
    256;  // blocks of the backward pass: a constant, so that every GPU adds in the same order

// One block per row; the second look at the row finds it in the first-level cache.
template <class T, int N>
__global__ void __launch_bounds__(kThreads) forward(RmsNormForward norm) {
  const int64_t row = blockIdx.x, start = row * norm.width;
  const T *x = static_cast<const T*>(norm.x_ND) + start, *weight = static_cast<const T*>(norm.weight_D);
  T* y = static_cast<T*>(norm.y_ND) + start;
  const int first = static_cast<int>(threadIdx.x) * N, width = static_cast<int>(norm.width);
  float values[N], weights[N], s = 0;
  if (norm.again) {
    s = norm.inverse_rms_N[row];
  } else {
    float sum = 0;
    for (int i = first; i < width; i += kThreads * N) {
      load(x + i, values);
#pragma unroll
      for (int k = 0; k < N; ++k) sum = fmaf(values[k], values[k], sum);
    }
    s = inverse_rms(block_sum(sum), static_cast<float>(width), norm.eps);
    if (threadIdx.x == 0) norm.inverse_rms_N[row] = s;
  }
  for (int i = first; i < width; i += kThreads * N) {
    load(x + i, values);
    load(weight + i, weights);
#pragma unroll
    for (int k = 0; k < N; ++k) values[k] = weights[k] * to_float(to_element<T>(values[k] * s));
    store(values, y + i);
  }
}

// Each block takes every gridDim.x-th row; each thread owns the same columns of all of them, so that their sums need no atomics.
template <class T, int N>
__global__ void __launch_bounds__(kBackwardThreads) backward(RmsNormBackward norm) {
  float* grad_weight = dynamic_shared();
  const auto* weight = static_cast<const T*>(norm.weight_D);
  const int first = static_cast<int>(threadIdx.x) * N, width = static_cast<int>(norm.width);
  float g[N], x[N], w[N], sums[N], out[N], past[N];
#pragma unroll
  for (int k = 0; k < N; ++k) sums[k] = 0;
  for (int i = first; i < width; i += kBackwardThreads * N) store_shared(sums, grad_weight + i);
  for (int64_t row = blockIdx.x; row < norm.rows; row += gridDim.x) {
    const int64_t start = row * norm.width;
    const auto *grad_row = static_cast<const T*>(norm.grad_ND) + start,
               *x_row = static_cast<const T*>(norm.x_ND) + start;
    const float s = norm.inverse_rms_N[row];
    float products = 0;
    for (int i = first; i < width; i += kBackwardThreads * N) {
      load(grad_row + i, g), load(x_row + i, x), load(weight + i, w);
#pragma unroll
      for (int k = 0; k < N; ++k) products = fmaf(g[k] * w[k], x[k], products);
    }
    const float along = rms_norm_along(block_sum(products), s, static_cast<float>(width));
    for (int i = first; i < width; i += kBackwardThreads * N) {
      load(grad_row + i, g), load(x_row + i, x), load(weight + i, w), load(grad_weight + i, sums);
#pragma unroll
      for (int k = 0; k < N; ++k) {
        out[k] = rms_norm_grad_x(g[k], x[k], w[k], s, along);
        sums[k] += rms_norm_grad_weight(g[k], x[k], s);
      }
      if (norm.through_ND != nullptr) {
        load(static_cast<const T*>(norm.through_ND) + start + i, past);
#pragma unroll
        for (int k = 0; k < N; ++k) out[k] += past[k];
      }
      store(out, static_cast<T*>(norm.grad_x_ND) + start + i);
      store_shared(sums, grad_weight + i);
    }
  }
  float* part = norm.grad_weight_PD + blockIdx.x * norm.width;
  for (int i = first; i < width; i += kBackwardThreads * N) {
    load(grad_weight + i, sums);
    store(sums, part + i);
  }
}

}  // namespace

int launch_rms_norm(Element element, const RmsNormForward& norm, Stream stream) {
  if (norm.rows == 0) return cudaSuccess;
  const bool wide = norm.width % per_access(element) == 0 && is_aligned(norm.x_ND) &&
                    is_aligned(norm.weight_D) && is_aligned(norm.y_ND);
  return for_element(element, wide, [&](auto type, auto n) {
    return launch_on(stream, {norm.rows, kThreads},
                     forward<typename decltype(type)::Type, decltype(n)::value>, norm);
  });
}

int64_t rms_norm_parts(int64_t rows) { return rows < kMostParts ? rows : kMostParts; }

int launch_rms_norm_backward(Element element, const RmsNormBackward& norm, Stream stream) {
  if (norm.rows == 0) return cudaSuccess;
  if (norm.width > kLargestNormWidth) return cudaErrorInvalidValue;
  const bool wide = norm.width % per_access(element) == 0 && is_aligned(norm.grad_ND) &&
                    is_aligned(norm.x_ND) && is_aligned(norm.weight_D) && is_aligned(norm.through_ND) &&
                    is_aligned(norm.grad_x_ND) && is_aligned(norm.grad_weight_PD);
  const int bytes = static_cast<int>(norm.width * static_cast<int64_t>(sizeof(float)));
  return for_element(element, wide, [&](auto type, auto n) {
    const auto kernel = backward<typename decltype(type)::Type, decltype(n)::value>;
    // Beyond 48 KiB, shared memory has to be asked for.
    const int status = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
    if (status != cudaSuccess) return status;
    return launch_on(stream, {rms_norm_parts(norm.rows), kBackwardThreads, 1, bytes}, kernel, norm);
  });
}

}  // namespace evergreen::kernels::cuda
