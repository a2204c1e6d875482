#include "evergreen/kernels/cuda/elements.cuh"
#include "evergreen/kernels/cuda/launch.cuh"
#include "evergreen/kernels/cuda/swiglu_maths.hpp"

namespace evergreen::kernels::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMostRows = 65535;  // of a grid; further rows are taken in turn

template <class T, int N>
__global__ void __launch_bounds__(kThreads) forward(Swiglu swiglu_of) {
  const int64_t inner = swiglu_of.inner, i = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * N;
  if (i >= inner) return;
  for (int64_t row = blockIdx.y; row < swiglu_of.rows; row += gridDim.y) {
    const T* gate = static_cast<const T*>(swiglu_of.gate_up_NI) + row * 2 * inner + i;
    float g[N], u[N];
    load(gate, g), load(gate + inner, u);
#pragma unroll
    for (int k = 0; k < N; ++k) g[k] = swiglu(g[k], u[k]);
    store(g, static_cast<T*>(swiglu_of.y_NI) + row * inner + i);
  }
}

template <class T, int N>
__global__ void __launch_bounds__(kThreads) backward(SwigluBackward swiglu_of) {
  const int64_t inner = swiglu_of.inner, i = (int64_t{blockIdx.x} * kThreads + threadIdx.x) * N;
  if (i >= inner) return;
  for (int64_t row = blockIdx.y; row < swiglu_of.rows; row += gridDim.y) {
    T* gate = static_cast<T*>(swiglu_of.gate_up_NI) + row * 2 * inner + i;
    T* grad = static_cast<T*>(swiglu_of.grad_NI) + row * inner + i;
    float d[N], g[N], u[N];
    load(grad, d), load(gate, g), load(gate + inner, u);
#pragma unroll
    for (int k = 0; k < N; ++k) {
      const SwigluGradient out = swiglu_gradient(d[k], g[k], u[k]);
      d[k] = out.y, g[k] = out.gate, u[k] = out.up;
    }
    store(d, grad), store(g, gate), store(u, gate + inner);
  }
}

Grid grid_of(int64_t rows, int64_t inner, int per_thread) {
  const int64_t columns = (inner + int64_t{kThreads} * per_thread - 1) / (int64_t{kThreads} * per_thread);
  return {columns, kThreads, rows < kMostRows ? rows : kMostRows};
}

}  // namespace

int launch_swiglu(Element element, const Swiglu& swiglu_of, Stream stream) {
  if (swiglu_of.rows == 0 || swiglu_of.inner == 0) return cudaSuccess;
  const bool wide = swiglu_of.inner % per_access(element) == 0 && is_aligned(swiglu_of.gate_up_NI) &&
                    is_aligned(swiglu_of.y_NI);
  return for_element(element, wide, [&](auto type, auto n) {
    constexpr int kN = decltype(n)::value;
    return launch_on(stream, grid_of(swiglu_of.rows, swiglu_of.inner, kN),
                     forward<typename decltype(type)::Type, kN>, swiglu_of);
  });
}

int launch_swiglu_backward(Element element, const SwigluBackward& swiglu_of, Stream stream) {
  if (swiglu_of.rows == 0 || swiglu_of.inner == 0) return cudaSuccess;
  const bool wide = swiglu_of.inner % per_access(element) == 0 && is_aligned(swiglu_of.gate_up_NI) &&
                    is_aligned(swiglu_of.grad_NI);
  return for_element(element, wide, [&](auto type, auto n) {
    constexpr int kN = decltype(n)::value;
    return launch_on(stream, grid_of(swiglu_of.rows, swiglu_of.inner, kN),
                     backward<typename decltype(type)::Type, kN>, swiglu_of);
  });
}

}  // namespace evergreen::kernels::cuda
