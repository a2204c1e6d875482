// Causal grouped-query attention over packed sequences on the CPU, float32: blocks of query rows, matrix products by
// matrix_product_part(), the softmax by row kernels.
//
// Heads of a token lie together; tokens may lie apart (a part of a wider row).
//
// Work is shared out by (sequence, head, block of queries), in the backward pass by (sequence, KV head): each task writes what
// no other writes, so the bits do not depend on threads.
#pragma once

#include <cstdint>
#include <vector>

#include "evergreen/kernels/cpu/parallel_rows.hpp"

namespace evergreen::kernels::cpu {

struct AttentionOutput {
  at::Tensor out_NHE, log_sum_HN;  // ln of the softmax's sum, for each head and query
};
AttentionOutput attention_forward(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                  const std::vector<int64_t>& cu_seqlens);

struct AttentionGradients {
  at::Tensor q_NHE, k_NKE, v_NKE;
};
// Into `grads`, which begin as zeros.
void attention_backward(const at::Tensor& grad_NHE, const at::Tensor& q_NHE, const at::Tensor& k_NKE,
                        const at::Tensor& v_NKE, const AttentionOutput& output,
                        const std::vector<int64_t>& cu_seqlens, const AttentionGradients& grads);

}  // namespace evergreen::kernels::cpu
