// Generation with continuous batching: sequences join and leave the batch between two forward passes.
//
// Every pass is one packed forward over the KV cache (schedule.hpp says what it takes); a prompt that is longer than the budget is
// fed in pieces, and what prompts have in common at their beginning is computed once (prefix_order.hpp). A request's tokens are a
// function of the model, its prompt and its sampling: not of the other requests. In float32 on a CPU that holds to the last bit
// of every logit (inference.hpp); elsewhere but for the last bits of a matrix product, which may depend on its number of rows.
//
// Memory    the cache's pages (kv_cache.hpp): each admitted request holds those of its prompt and longest answer. `kv_memory_bytes`
//           bounds them by admitting fewer requests at a time.
// Errors    Error{input} before the first pass for an empty prompt, a token outside the vocabulary and a
//           prompt that leaves no room to answer; Error{resource} where not even one sequence fits into
//           `kv_memory_bytes`, or into the machine (cache_plan.hpp); Error{input} for logits that are not finite; Error{interrupted} when a stop is requested.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/generate/sampling.hpp"

namespace evergreen {

class Decoder;
struct Int8Weights;
struct KeptSequence;

struct GenerationRequest {
  std::vector<int32_t> prompt = {};
  int64_t max_new_tokens = 256;
  std::vector<int32_t> stop_tokens = {};  // end the answer and are not part of it
  Sampling sampling = {};
  uint64_t id = 0;  // names the random stream; requests with the same prompt, seed and id answer the same
};

enum class FinishReason {
  stop_token,
  stopped,  // by the callback: a stop string, or the user
  length,   // max_new_tokens
  context,  // the model's longest sequence
};
const char* finish_reason_name(FinishReason reason);

struct Generation {
  std::vector<int32_t> tokens;  // without the stop token
  FinishReason finish = FinishReason::length;
};

struct EngineOptions {
  int64_t max_sequences = 64;   // generated at the same time
  int64_t token_budget = 1024;  // tokens in one forward pass; at least max_sequences is taken
  int64_t max_length = 0;       // tokens of a sequence; 0: the model's max_position_embeddings
  int64_t kv_memory_bytes = 0;  // 0: no bound
  std::shared_ptr<const Int8Weights> int8 = {};  // of the decoder that is asked; null: its float32 weights
};

struct EngineHooks {
  // Called for each token as it comes, on the calling thread; false ends the request with that token.
  std::function<bool(size_t request, int32_t token)> on_token;
  ProgressFn progress;  // in requests
  const StopFlag* stop = nullptr;
  KeptSequence* kept =
      nullptr;  // of a single request: begins with what is there, and leaves what it fed. Empty after an error
};

// The longest sequence, prompt and answer, under these options.
int64_t longest_sequence(const Decoder& decoder, const EngineOptions& options);

// In the order of the requests.
std::vector<Generation> generate(const Decoder& decoder, std::span<const GenerationRequest> requests,
                                 const EngineOptions& options = {}, const EngineHooks& hooks = {});

}  // namespace evergreen
