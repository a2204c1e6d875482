// Log-likelihoods of given tokens: of a continuation after its context, and of whole documents.
//
//   log p(continuation | context) = sum_i log softmax(logits_{i-1})[token_i]
//
// What sequences have in common at their beginning (a few-shot header, the context of several choices) is computed once: they are
// put in an order in which they share it (prefix_order.hpp), packed without padding, `token_budget` tokens in a forward pass, and
// the cache keeps what the next ones begin with. The head is applied to the scored positions only. Results are in the order asked.
//
// Numbers   log-softmax in float32 at least, sums in float64.
// Errors    Error{input} for an empty context (pass a BOS), an empty continuation, a token outside the
//           vocabulary, a continuation longer than the model's longest sequence, and for results that are not finite.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evergreen/generate/engine.hpp"

namespace evergreen {

struct ScoreRequest {
  std::vector<int32_t> context;  // its start is dropped where context and continuation are too long together
  std::vector<int32_t> continuation;
};

struct Score {
  double log_likelihood = 0;
  int64_t tokens = 0;     // scored
  bool is_greedy = true;  // each token was the most likely one
};

struct ScoreHooks {
  ProgressFn progress;  // in tokens
  const StopFlag* stop = nullptr;
};

// Of `options`, token_budget, max_length and kv_memory_bytes count.
std::vector<Score> score(const Decoder& decoder, std::span<const ScoreRequest> requests,
                         const EngineOptions& options = {}, const ScoreHooks& hooks = {});

// Of each document, token by token from `prefix` (BOS, else EOS), in windows as windows.hpp cuts them.
std::vector<Score> score_rolling(const Decoder& decoder, std::span<const std::vector<int32_t>> documents,
                                 int32_t prefix, const EngineOptions& options = {},
                                 const ScoreHooks& hooks = {});

}  // namespace evergreen
