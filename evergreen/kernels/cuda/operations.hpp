// What libevergreen_cuda.so offers: the fused operations over tensors on a GPU, contiguous, float32 or bfloat16, one type in a call.
//
// The library is found and loaded by evergreen/kernels/gpu; its one symbol is operations(). A table of functions, so that neither
// side needs the other's symbols: the library links LibTorch for tensors and CUDA's runtime, nothing else.
//
// Streams   the current stream of the tensors' device. Memory for results comes from LibTorch's allocator.
// Errors    Error{internal} with CUDA's text where a kernel cannot be launched; faults inside of one appear at the next
//           synchronisation, as LibTorch's exceptions.
#pragma once

#include <optional>
#include <string>

#include <ATen/core/Tensor.h>

#include "evergreen/base/random.hpp"
#include "evergreen/kernels/cpu/normed.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"

namespace evergreen::kernels::cuda {

// Of the new tokens of several sequences, int32: each sequence's pages in order, and for each token its sequence and how many keys
// it sees.
struct PageTable {
  at::Tensor pages_SM, sequence_N, keys_N;
};

struct Operations {
  // The three of cpu/normed.hpp; inverse_rms_N is float32.
  cpu::Normed (*normed)(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps);
  at::Tensor (*normed_again)(const at::Tensor& x_ND, const at::Tensor& weight_D,
                             const at::Tensor& inverse_rms_N);
  cpu::NormGradient (*normed_backward)(const at::Tensor& grad_ND, const at::Tensor& x_ND,
                                       const at::Tensor& weight_D, const at::Tensor& inverse_rms_N,
                                       const at::Tensor& through_ND);
  // Heads turned by their angles, back where `sign` is -1. The tokens of x may lie apart, their heads not.
  at::Tensor (*rope)(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF, float sign);
  // gate and up side by side -> silu(gate) * up; backward in place, as cpu/row_kernels' swiglu_rows_backward.
  at::Tensor (*swiglu)(const at::Tensor& gate_up_NI);
  void (*swiglu_backward)(at::Tensor& grad_NI, at::Tensor& gate_up_NI);
  // -ln p(target) of each row, float32. With `weight` != 0 the logits are replaced by the gradient of weight * (loss + z_loss *
  // ln(Z)^2). A target of `ignored` has neither; one that is not of the vocabulary makes its loss NaN.
  at::Tensor (*cross_entropy)(at::Tensor& logits_CV, const at::Tensor& targets_C, int64_t ignored,
                              double weight, double z_loss);
  // One step in place, element i rounded by number first + i; false where there is no kernel for these types.
  bool (*adamw)(const at::Tensor& value, const at::Tensor& gradient, const at::Tensor& exp_avg,
                const at::Tensor& exp_avg_sq, const cpu::AdamWStep& step,
                const std::optional<RandomStream>& rounding, uint64_t first);
  // Attention of new tokens against the pools of a paged cache, where there is a kernel for so many heads.
  bool (*has_paged_attention)(int64_t heads, int64_t kv_heads, int64_t width);
  at::Tensor (*paged_attention)(const at::Tensor& q_NHE, const at::Tensor& keys_PTKE,
                                const at::Tensor& values_PTKE, const PageTable& table);
  std::string (*device_name)(int index);  // "NVIDIA H100 80GB HBM3"
};

inline constexpr const char* kOperationsEntry = "evergreen_cuda_operations";
using OperationsEntry = const Operations& (*)();

}  // namespace evergreen::kernels::cuda
