// Choosing the next token from its logits.
//
//   p_i = exp(l_i / T) / sum, over the tokens that are left after top-k, then top-p, then min-p
//
// Source    the order and the ties are those of transformers' logits processors: temperature, top-k (a tie
//           with the k-th largest stays), top-p (the fewest most likely tokens that reach p; never none), min-p (of the largest p).
// Numbers   float64. The draw is a function of (seed, request, position) and of the logits: not of what
//           else is generated in the same batch.
#pragma once

#include <cstdint>
#include <span>

namespace evergreen {

struct Sampling {
  double temperature = 0;  // 0: greedy, and nothing below matters
  int64_t top_k = 0;       // 0: all
  double top_p = 1;        // 1: all
  double min_p = 0;        // 0: all
  uint64_t seed = 0;
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

// Error{usage} naming the value that is out of its range.
void check_sampling(const Sampling& sampling);

// The token of the largest logit; the first of equals.
int64_t greedy_token(std::span<const float> logits_V);

// `position` counts the tokens generated for `request` so far.
int64_t sample_token(std::span<const float> logits_V, const Sampling& sampling, uint64_t request,
                     uint64_t position);

}  // namespace evergreen
