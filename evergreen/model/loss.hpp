// Cross-entropy of the next token straight from hidden states: the loss owns the head.
//
// Memory    logits are made for some tokens at a time and never kept: gradients of hidden states and head are computed in the
//           same pass (as in Liger Kernel's fused linear cross-entropy, arXiv 2410.10989).
// Numbers   log-softmax in float32 at least; sums of losses in float64.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace evergreen {

inline constexpr int64_t kIgnoredTarget = -100;  // as in torch: the token counts for nothing

struct TokenLoss {
  at::Tensor sum;      // float64 scalar, differentiable: `weight` times the sum over counted tokens
  int64_t tokens = 0;  // counted
};

struct LossOptions {
  double weight = 1.0;  // 1 / the targets of a whole step: accumulation over micro-batches is exact, and the
                        // gradients, made with it, need no scaling afterwards
  double z_loss =
      0;  // the gradient is that of cross-entropy + z_loss * ln(Z)^2, which keeps logits from drifting
          // (PaLM, arXiv 2204.02311, section 5: 1e-4); the value stays the cross-entropy
  int64_t chunk_tokens =
      0;  // logits made at a time; 0: 4 MiB of them up to a vocabulary of 4096, else about 128 MiB, 256 or more
};

// Logits that are made at a time unless asked for, in tokens.
int64_t loss_chunk_tokens(int64_t vocabulary);

// hidden_ND, head_VD (the tied embedding or lm_head), targets_N int64.
TokenLoss linear_cross_entropy(const at::Tensor& hidden_ND, const at::Tensor& head_VD,
                               const at::Tensor& targets_N, const LossOptions& options = {});

struct TokenScores {
  at::Tensor log_probability_N;  // float32, of each target; 0 where ignored
  at::Tensor greedy_N;           // bool: the target is the most likely token
};
// The same without gradients, one figure for each token.
TokenScores score_tokens(const at::Tensor& hidden_ND, const at::Tensor& head_VD, const at::Tensor& targets_N,
                         int64_t chunk_tokens = 0);

}  // namespace evergreen
