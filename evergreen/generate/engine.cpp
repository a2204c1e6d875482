#include "evergreen/generate/engine.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/generate/cache_plan.hpp"
#include "evergreen/generate/kept_sequence.hpp"
#include "evergreen/generate/prefix_order.hpp"
#include "evergreen/generate/schedule.hpp"
#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/model/inference.hpp"

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

// Tokens that a request has in the cache in the end. The last one is never fed; the sum is formed so that a huge max_new_tokens
// does not overflow.
int64_t cached_tokens(const GenerationRequest& r, int64_t max_length) {
  const auto prompt = static_cast<int64_t>(r.prompt.size());
  return prompt + std::min(r.max_new_tokens - 1, max_length - prompt);
}

PrefixOrder order_of(std::span<const GenerationRequest> requests, int64_t max_length) {
  std::vector<std::span<const int32_t>> prompts;
  std::vector<int64_t> most, length;
  for (const GenerationRequest& r : requests) {
    prompts.emplace_back(r.prompt);
    most.push_back(static_cast<int64_t>(r.prompt.size()) - 1);
    length.push_back(cached_tokens(r, max_length));
  }
  return prefix_order(prompts, most, length);
}

// Pages for the longest requests at once, and for the beginning of one that has finished and is still shared.
CacheNeed cache_need(std::span<const GenerationRequest> requests, int64_t max_length, int64_t slots) {
  std::vector<int64_t> tokens;
  for (const GenerationRequest& r : requests) tokens.push_back(cached_tokens(r, max_length));
  std::sort(tokens.begin(), tokens.end(), std::greater<>());
  CacheNeed need{tokens.front(), KvCache::pages_of(tokens.front())};
  for (int64_t i = 0; i < slots; ++i) need.wanted += KvCache::pages_of(tokens[static_cast<size_t>(i)]);
  return need;
}

std::unique_ptr<KvCache> new_cache(const Decoder& decoder, int64_t slots, const CacheNeed& need,
                                   const EngineOptions& options) {
  const int64_t pages = plan_cache_pages(decoder, need, options.kv_memory_bytes);
  return std::make_unique<KvCache>(decoder.new_cache(slots, pages));
}

// The cache of a conversation, with what the request's prompt begins with in slot 1.
std::unique_ptr<KvCache> kept_cache(const Decoder& decoder, KeptSequence& kept,
                                    const GenerationRequest& request, const EngineOptions& options) {
  const int64_t longest = longest_sequence(decoder, options), total = cached_tokens(request, longest);
  const auto same =
      std::mismatch(kept.tokens.begin(), kept.tokens.end(), request.prompt.begin(), request.prompt.end() - 1);
  kept.reused = same.first - kept.tokens.begin();
  std::unique_ptr<KvCache> cache = std::move(kept.cache);
  kept.tokens.clear();
  if (cache) cache->keep(1, 1, kept.reused);
  // One more for the copy of a begun page.
  if (cache && cache->free_pages() + kept.reused / KvCache::kPageTokens >= KvCache::pages_of(total))
    return cache;
  cache.reset();
  kept.reused = 0;
  return new_cache(decoder, 2, {total, KvCache::pages_of(longest) + 1}, options);
}

// One run of generate(): its requests, their answers so far, the cache.
class Run {
 public:
  Run(const Decoder& decoder, std::span<const GenerationRequest> requests, const EngineOptions& options,
      const EngineHooks& hooks)
      : inference_(decoder, options.int8.get()),
        requests_(requests),
        hooks_(hooks),
        max_length_(longest_sequence(decoder, options)),
        device_(decoder.device()),
        slots_(std::min<int64_t>(std::max<int64_t>(options.max_sequences, 1),
                                 static_cast<int64_t>(requests.size()))),
        owned_(hooks.kept != nullptr
                   ? kept_cache(decoder, *hooks.kept, requests[0], options)
                   : new_cache(decoder, slots_ + 1, cache_need(requests, max_length_, slots_), options)),
        cache_(*owned_),
        order_(order_of(requests, max_length_)),
        next_shares_(requests.size(), 0),
        schedule_(plans(requests), order_.order, slots_, std::max(options.token_budget, slots_),
                  [this](size_t request, int64_t slot) { return admit(request, slot); }),
        answers_(requests.size()) {
    for (size_t i = 1; i < order_.order.size(); ++i)
      next_shares_[order_.order[i - 1]] = order_.shared[order_.order[i]];
    if (hooks.kept != nullptr) order_.shared[0] = hooks.kept->reused;
  }

  std::vector<Generation> run() {
    for (std::vector<SchedulePiece> pieces = schedule_.next(); !pieces.empty(); pieces = schedule_.next()) {
      throw_if_stopped(hooks_.stop, "generation");
      step(pieces);
    }
    if (hooks_.kept != nullptr) hooks_.kept->cache = std::move(owned_);
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

  // The cache's last slot keeps what the next request shares, when the one it shares with has long finished.
  int64_t kept() const { return slots_; }

  std::optional<int64_t> admit(size_t request, int64_t slot) {
    const int64_t total = cached_tokens(requests_[request], max_length_);
    int64_t shared = order_.shared[request];
    const auto missing = [&] { return KvCache::pages_of(total) - shared / KvCache::kPageTokens; };
    if (missing() > cache_.free_pages() && active_ == 0) {
      cache_.release(kept());
      shared = 0;
    }
    if (missing() > cache_.free_pages()) return std::nullopt;
    if (shared > 0) cache_.share(slot, kept(), shared);
    cache_.reserve(slot, total);
    cache_.keep(kept(), slot, next_shares_[request]);
    ++active_;
    return shared;
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
    PackedBatch batch = make_packed_batch(tokens, cu_seqlens, device_, past);
    batch.slots = std::move(slots);
    return batch;
  }

  void step(const std::vector<SchedulePiece>& pieces) {
    const PackedBatch batch = pack(pieces);
    std::vector<int64_t> rows;
    std::vector<size_t> ready;
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (!pieces[i].complete) continue;
      rows.push_back(batch.cu_seqlens[i + 1] - 1);
      ready.push_back(pieces[i].request);
    }
    const at::Tensor hidden_RD = inference_.forward(batch, cache_, rows);
    if (!ready.empty()) choose(ready, inference_.logits(hidden_RD).to(at::kFloat).cpu().contiguous());
  }

  void choose(const std::vector<size_t>& ready, const at::Tensor& logits_RV) {
    const auto vocabulary = static_cast<size_t>(logits_RV.size(1));
    std::vector<int64_t> next(ready.size());
    std::vector<uint8_t> finite(ready.size());
    kernels::cpu::for_tasks(static_cast<int64_t>(ready.size()), [&](int64_t row) {
      const auto i = static_cast<size_t>(row);
      const GenerationRequest& r = requests_[ready[i]];
      const std::span<const float> row_V(logits_RV.const_data_ptr<float>() + i * vocabulary, vocabulary);
      const kernels::cpu::RowMaximum best = kernels::cpu::row_maximum(row_V.data(), logits_RV.size(1));
      finite[i] = best.finite;
      next[i] = best.index;
      if (!best.finite || is_plain_greedy(r.sampling)) return;
      const std::vector<int32_t>& generated = answers_[ready[i]].tokens;
      next[i] = sample_token(row_V, r.sampling, r.id, generated.size(), {r.prompt, generated});
    });
    for (size_t i = 0; i < ready.size(); ++i) {
      if (!finite[i]) throw_not_finite(ready[i]);
      accept(ready[i], static_cast<int32_t>(next[i]));
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

  // To the next answer: all tokens that were fed.
  void leave(size_t request) {
    const int64_t slot = schedule_.slot(request), fed = cache_.length(slot);
    cache_.keep(kept(), slot, fed);
    for (int64_t i = 0; i < fed; ++i) hooks_.kept->tokens.push_back(static_cast<int32_t>(token(request, i)));
  }

  void finish(size_t request, FinishReason reason) {
    answers_[request].finish = reason;
    if (hooks_.kept != nullptr) leave(request);
    cache_.release(schedule_.slot(request));
    --active_;
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

  Inference inference_;
  std::span<const GenerationRequest> requests_;
  const EngineHooks& hooks_;
  int64_t max_length_;
  at::Device device_;
  int64_t slots_;
  std::unique_ptr<KvCache> owned_;
  KvCache& cache_;
  PrefixOrder order_;
  std::vector<int64_t> next_shares_;  // by request: tokens of it that the next in order begins with
  BatchSchedule schedule_;
  std::vector<Generation> answers_;
  size_t finished_ = 0;
  int64_t active_ = 0;
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
  if (hooks.kept != nullptr && requests.size() != 1)
    throw Error(ErrorKind::internal, fmt::format("{} requests share one kept sequence", requests.size()));
  const c10::InferenceMode no_gradients;
  return Run(decoder, requests, options, hooks).run();
}

}  // namespace evergreen
