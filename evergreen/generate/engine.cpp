#include "evergreen/generate/engine.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/generate/schedule.hpp"
#include "evergreen/model/decoder.hpp"

namespace evergreen {
namespace {

void check_requests(std::span<const GenerationRequest> requests, int64_t vocab_size, int64_t max_length) {
  for (size_t i = 0; i < requests.size(); ++i) {
    const GenerationRequest& r = requests[i];
    const std::string where = fmt::format("request {}", i);
    check_sampling(r.sampling);
    if (r.prompt.empty()) throw Error(ErrorKind::input, "the prompt has no token", where);
    if (r.max_new_tokens < 1) {
      throw Error(ErrorKind::usage, fmt::format("{} new tokens asked, expected at least 1", r.max_new_tokens),
                  where);
    }
    for (const int32_t token : r.prompt) {
      if (token >= 0 && token < vocab_size) continue;
      throw Error(ErrorKind::input, fmt::format("token {} in a vocabulary of {}", token, vocab_size), where,
                  "the tokenizer must be the model's own");
    }
    const auto length = static_cast<int64_t>(r.prompt.size());
    if (length >= max_length) {
      throw Error(ErrorKind::input,
                  fmt::format("a prompt of {} tokens, the longest sequence is {}", length, max_length), where,
                  "shorten the prompt");
    }
  }
}

int64_t cache_capacity(std::span<const GenerationRequest> requests, int64_t max_length) {
  int64_t longest = 0;
  for (const GenerationRequest& r : requests) {
    const auto prompt = static_cast<int64_t>(r.prompt.size());
    // The last token is never fed. The sum is formed so that a huge max_new_tokens does not overflow.
    longest = std::max(longest, prompt + std::min(r.max_new_tokens - 1, max_length - prompt));
  }
  return longest;
}

int64_t slot_count(const ModelConfig& config, int64_t capacity, size_t element_bytes, size_t requests,
                   const EngineOptions& options) {
  int64_t slots =
      std::min<int64_t>(std::max<int64_t>(options.max_sequences, 1), static_cast<int64_t>(requests));
  if (options.kv_memory_bytes == 0) return slots;
  const int64_t bytes = 2 * config.num_layers * capacity * config.num_kv_heads * config.head_dim *
                        static_cast<int64_t>(element_bytes);
  if (bytes > options.kv_memory_bytes) {
    throw Error(ErrorKind::resource,
                fmt::format("one sequence of {} tokens takes {} bytes of cache, {} are allowed", capacity,
                            bytes, options.kv_memory_bytes),
                {}, "allow more memory for the cache, or shorten the prompts and answers");
  }
  return std::min(slots, options.kv_memory_bytes / bytes);
}

// One run of generate(): its requests, their answers so far, the cache.
class Run {
 public:
  Run(const Decoder& decoder, std::span<const GenerationRequest> requests, const EngineOptions& options,
      const EngineHooks& hooks)
      : decoder_(decoder),
        requests_(requests),
        hooks_(hooks),
        max_length_(longest_sequence(decoder, options)),
        weights_(decoder.parameters().head().options().requires_grad(false)),
        capacity_(cache_capacity(requests, max_length_)),
        slots_(
            slot_count(decoder.config(), capacity_, weights_.dtype().itemsize(), requests.size(), options)),
        cache_(decoder.config(), slots_, capacity_, weights_),
        schedule_(plans(requests), slots_, std::max(options.token_budget, slots_)),
        answers_(requests.size()) {}

  std::vector<Generation> run() {
    for (std::vector<SchedulePiece> pieces = schedule_.next(); !pieces.empty(); pieces = schedule_.next()) {
      throw_if_stopped(hooks_.stop, "generation");
      step(pieces);
    }
    return std::move(answers_);
  }

 private:
  static std::vector<SequencePlan> plans(std::span<const GenerationRequest> requests) {
    std::vector<SequencePlan> plans;
    for (const GenerationRequest& r : requests) {
      plans.push_back({static_cast<int64_t>(r.prompt.size()), r.max_new_tokens});
    }
    return plans;
  }

  int64_t token(size_t request, int64_t position) const {
    const std::vector<int32_t>& prompt = requests_[request].prompt;
    const auto i = static_cast<size_t>(position);
    return i < prompt.size() ? prompt[i] : answers_[request].tokens[i - prompt.size()];
  }

  PackedBatch pack(const std::vector<SchedulePiece>& pieces) const {
    std::vector<int64_t> tokens, cu_seqlens{0}, past, slots;
    for (const SchedulePiece& p : pieces) {
      for (int64_t i = p.first; i < p.first + p.count; ++i) tokens.push_back(token(p.request, i));
      cu_seqlens.push_back(static_cast<int64_t>(tokens.size()));
      past.push_back(p.first);
      slots.push_back(p.slot);
    }
    PackedBatch batch = make_packed_batch(tokens, cu_seqlens, weights_.device(), past);
    batch.slots = std::move(slots);
    return batch;
  }

  void step(const std::vector<SchedulePiece>& pieces) {
    const PackedBatch batch = pack(pieces);
    const at::Tensor hidden_ND = decoder_.forward(batch, &cache_);
    std::vector<int64_t> rows;
    std::vector<size_t> ready;
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (!pieces[i].complete) continue;
      rows.push_back(batch.cu_seqlens[i + 1] - 1);
      ready.push_back(pieces[i].request);
    }
    if (ready.empty()) return;
    choose(ready, hidden_ND.index_select(0, at::tensor(rows, at::kLong).to(hidden_ND.device())));
  }

  void choose(const std::vector<size_t>& ready, const at::Tensor& hidden_RD) {
    const at::Tensor logits_RV = decoder_.logits(hidden_RD).to(at::kFloat);
    const auto [largest_R, greedy_R] = logits_RV.max(1);  // a NaN anywhere in the row is its maximum
    const at::Tensor largest = largest_R.cpu(), greedy = greedy_R.cpu();
    const bool sampled = std::any_of(ready.begin(), ready.end(),
                                     [&](size_t r) { return requests_[r].sampling.temperature > 0; });
    const at::Tensor logits = sampled ? logits_RV.cpu().contiguous() : at::Tensor();
    const auto vocabulary = static_cast<size_t>(logits_RV.size(1));
    for (size_t row = 0; row < ready.size(); ++row) {
      const size_t r = ready[row];
      if (!std::isfinite(largest.const_data_ptr<float>()[row])) throw_not_finite(r);
      int64_t next = greedy.const_data_ptr<int64_t>()[row];
      if (requests_[r].sampling.temperature > 0) {
        const std::span<const float> row_V(logits.const_data_ptr<float>() + row * vocabulary, vocabulary);
        next = sample_token(row_V, requests_[r].sampling, requests_[r].id, answers_[r].tokens.size());
      }
      accept(r, static_cast<int32_t>(next));
    }
  }

  [[noreturn]] void throw_not_finite(size_t request) const {
    throw Error(ErrorKind::input, "the model's logits are not finite",
                fmt::format("request {}, after {} new tokens", request, answers_[request].tokens.size()),
                "check the weights for NaN and infinity, or compute in float32");
  }

  void accept(size_t request, int32_t token) {
    const GenerationRequest& asked = requests_[request];
    Generation& answer = answers_[request];
    if (std::find(asked.stop_tokens.begin(), asked.stop_tokens.end(), token) != asked.stop_tokens.end()) {
      return finish(request, FinishReason::stop_token);
    }
    answer.tokens.push_back(token);
    if (hooks_.on_token && !hooks_.on_token(request, token)) return finish(request, FinishReason::stopped);
    const auto length = static_cast<int64_t>(answer.tokens.size());
    if (length >= asked.max_new_tokens) return finish(request, FinishReason::length);
    if (static_cast<int64_t>(asked.prompt.size()) + length >= max_length_)
      return finish(request, FinishReason::context);
    schedule_.extend(request);
  }

  void finish(size_t request, FinishReason reason) {
    answers_[request].finish = reason;
    cache_.truncate(schedule_.slot(request), 0);
    schedule_.finish(request);
    ++finished_;
    if (hooks_.progress) {
      hooks_.progress({"generate",
                       static_cast<double>(finished_),
                       static_cast<double>(requests_.size()),
                       "requests",
                       {}});
    }
  }

  const Decoder& decoder_;
  std::span<const GenerationRequest> requests_;
  const EngineHooks& hooks_;
  int64_t max_length_;
  at::TensorOptions weights_;
  int64_t capacity_, slots_;
  KvCache cache_;
  Schedule schedule_;
  std::vector<Generation> answers_;
  size_t finished_ = 0;
};

}  // namespace

const char* finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop_token:
      return "stop_token";
    case FinishReason::stopped:
      return "stopped";
    case FinishReason::length:
      return "length";
    case FinishReason::context:
      return "context";
  }
  return "";
}

int64_t longest_sequence(const Decoder& decoder, const EngineOptions& options) {
  const int64_t model = decoder.config().max_position_embeddings;
  if (options.max_length < 0 || options.max_length > model) {
    throw Error(ErrorKind::usage, fmt::format("the longest sequence is set to {}, the model was made for {}",
                                              options.max_length, model));
  }
  return options.max_length == 0 ? model : options.max_length;
}

std::vector<Generation> generate(const Decoder& decoder, std::span<const GenerationRequest> requests,
                                 const EngineOptions& options, const EngineHooks& hooks) {
  check_requests(requests, decoder.config().vocab_size, longest_sequence(decoder, options));
  if (requests.empty()) return {};
  const c10::InferenceMode no_gradients;
  return Run(decoder, requests, options, hooks).run();
}

}  // namespace evergreen
