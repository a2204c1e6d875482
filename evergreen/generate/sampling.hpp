// Choosing the next token from its logits.
//
//   l_i = l_i / r where positive, l_i * r where negative, for every token of the prompt and the answer (r: repetition penalty)
//   p_i = exp(l_i / T) / sum, over the tokens that are left after top-k, then top-p, then min-p
//
// Source    the order and the ties are those of transformers' logits processors: repetition penalty (which counts for greedy
//           answers as well; arXiv 1909.05858, section 4.1), temperature, top-k (a tie with the k-th largest stays), top-p (the
//           fewest most likely tokens that reach p; never none), min-p (of the largest p).
// Numbers   the penalty in float32, all else in float64. The draw is a function of (seed, request, position) and of the logits:
//           not of what else is generated in the same batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace evergreen {

struct Sampling {
  double temperature = 0;         // 0: greedy, and of what is below only the penalty matters
  int64_t top_k = 0;              // 0: all
  double top_p = 1;               // 1: all
  double min_p = 0;               // 0: all
  double repetition_penalty = 1;  // 1: none; more than 1 makes tokens that were there already less likely
  uint64_t seed = 0;
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

// Error{usage} naming the value that is out of its range.
void check_sampling(const Sampling& sampling);

// Whether the token of the largest logit is the answer.
bool is_plain_greedy(const Sampling& sampling);

// What was there already: the repetition penalty falls on it.
struct TokenHistory {
  std::span<const int32_t> prompt = {}, generated = {};
};

struct TokenProbability {
  int64_t token;
  double probability;
};
// The tokens that may be drawn, in ascending order; probabilities sum to 1. `temperature` must not be 0.
std::vector<TokenProbability> sampling_distribution(std::span<const float> logits_V, const Sampling& sampling,
                                                    const TokenHistory& history = {});

// `position` counts the tokens generated for `request` so far. Greedy: the first of the largest.
int64_t sample_token(std::span<const float> logits_V, const Sampling& sampling, uint64_t request,
                     uint64_t position, const TokenHistory& history = {});

}  // namespace evergreen
