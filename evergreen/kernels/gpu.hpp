// GPUs: loading what they need, and the question which tensors their fused operations take.
//
// evergreen links LibTorch for the CPU alone. A GPU takes two more libraries, loaded when one is asked for: LibTorch's own
// (libtorch_cuda.so, beside the one for the CPU: ./dev setup --gpu) and evergreen's kernels (libevergreen_cuda.so, built where nvcc is
// found). Without the second, the operations' references run on the GPU.
//
// Call load_gpu() before anything asks LibTorch for CUDA: it caches the answer.
#pragma once

#include <string>
#include <vector>

#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cuda/operations.hpp"

namespace evergreen::kernels {

// Both libraries, once; later calls do nothing. Error{usage} that says what is missing and how to get it: LibTorch's library, a GPU, or
// evergreen's kernels.
void load_gpu();

// Which of the processes on this machine this one is: each has a GPU of its own.
struct LocalRank {
  int rank = 0, ranks = 1;
};
// "cpu"; "cuda": the process' own GPU, by its rank; of a process alone also "cuda:N": the N-th, "cuda:0,cuda:1": several in this
// order, "cuda:all": all there are. For GPUs load_gpu() is called, and the first is the current device of this thread from now on.
// Error{usage} for other names, for a GPU that is named twice or is not there, and for GPUs beside the CPU.
std::vector<at::Device> compute_devices(const std::string& names, LocalRank local);
// The same for work that one device does: Error{usage} where several are named.
at::Device compute_device(const std::string& name, LocalRank local);

// What the driver has free on a GPU, after LibTorch's allocator has handed back what it keeps unused.
int64_t free_gpu_bytes(at::Device device);

// As CUDA names it; empty: not known.
std::string gpu_name(int index);

// The table of the loaded library; null before load_gpu().
const cuda::Operations* gpu_operations();

// Whether the fused operations for GPUs can work on these: contiguous, all on one GPU, all float32 or all bfloat16. Undefined tensors
// do not count.
bool on_gpu(std::initializer_list<at::Tensor> tensors);

// Whether fused operations, on the CPU or a GPU, can work on these.
template <class... Tensors>
bool has_rows(const Tensors&... tensors) {
  return cpu::has_rows(tensors...) || (gpu_operations() != nullptr && on_gpu({tensors...}));
}

// The functions of cpu/normed.hpp, on either.
cpu::Normed normed(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps);
at::Tensor normed_again(const at::Tensor& x_ND, const at::Tensor& weight_D, const at::Tensor& inverse_rms_N);
cpu::NormGradient normed_backward(const at::Tensor& grad_ND, const at::Tensor& x_ND,
                                  const at::Tensor& weight_D, const at::Tensor& inverse_rms_N,
                                  const at::Tensor& through_ND);

}  // namespace evergreen::kernels
