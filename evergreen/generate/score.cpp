#include "evergreen/generate/score.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/generate/cache_plan.hpp"
#include "evergreen/generate/prefix_order.hpp"
#include "evergreen/generate/score_rows.hpp"
#include "evergreen/generate/windows.hpp"
#include "evergreen/model/inference.hpp"

namespace evergreen {
namespace {

// A request's tokens: all but the last are fed, the last `scored` are predicted.
struct Sequence {
  std::vector<int32_t> tokens;  // context and continuation, already cut to the longest sequence
  int64_t scored = 0;
  int64_t fed() const { return static_cast<int64_t>(tokens.size()) - 1; }
};

void check_tokens(const std::vector<int32_t>& tokens, int64_t vocab_size, const std::string& where) {
  for (const int32_t token : tokens) {
    if (token >= 0 && token < vocab_size) continue;
    throw Error(ErrorKind::input, fmt::format("token {} in a vocabulary of {}", token, vocab_size), where,
                "the tokenizer must be the model's own");
  }
}

Sequence make_sequence(const ScoreRequest& r, size_t index, int64_t vocab_size, int64_t max_length) {
  const std::string where = fmt::format("request {}", index);
  check_tokens(r.context, vocab_size, where);
  check_tokens(r.continuation, vocab_size, where);
  if (r.context.empty())
    throw Error(ErrorKind::input, "the context has no token", where, "start it with a BOS token");
  if (r.continuation.empty()) throw Error(ErrorKind::input, "the continuation has no token", where);
  if (static_cast<int64_t>(r.continuation.size()) > max_length) {
    throw Error(ErrorKind::input,
                fmt::format("a continuation of {} tokens, the longest sequence is {}", r.continuation.size(),
                            max_length),
                where);
  }
  Sequence s{r.context, static_cast<int64_t>(r.continuation.size())};
  s.tokens.insert(s.tokens.end(), r.continuation.begin(), r.continuation.end());
  const int64_t surplus = s.fed() - max_length;
  if (surplus > 0) s.tokens.erase(s.tokens.begin(), s.tokens.begin() + surplus);
  return s;
}

// Requests that feed the same tokens: the choices of a question whose answers are one token.
struct Feed {
  std::span<const int32_t> tokens;
  std::vector<size_t> requests;
  int64_t scored = 0;  // the most of its requests
  int64_t count() const { return static_cast<int64_t>(tokens.size()); }
};

std::vector<Feed> distinct_feeds(const std::vector<Sequence>& sequences) {
  std::vector<Feed> feeds;
  std::unordered_map<std::string_view, size_t> found;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const Sequence& s = sequences[i];
    const std::span<const int32_t> tokens(s.tokens.data(), s.tokens.size() - 1);
    const std::string_view bytes(reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes());
    const auto [entry, fresh] = found.emplace(bytes, feeds.size());
    if (fresh) feeds.push_back({tokens, {}, 0});
    Feed& feed = feeds[entry->second];
    feed.requests.push_back(i);
    feed.scored = std::max(feed.scored, s.scored);
  }
  return feeds;
}

// One run of score(): feeds in an order in which they share their beginnings, as many in a pass as the budget holds.
class Run {
 public:
  Run(const Decoder& decoder, const std::vector<Sequence>& sequences, const EngineOptions& options)
      : inference_(decoder, options.int8.get()),
        sequences_(sequences),
        feeds_(distinct_feeds(sequences)),
        order_(order_of(feeds_)),
        budget_(options.token_budget),
        device_(decoder.device()),
        cache_(decoder.new_cache(kSequences + 1, plan_cache_pages(decoder, need(), options.kv_memory_bytes))),
        results_(sequences.size()) {}

  int64_t total_tokens() const {
    int64_t tokens = 0;
    for (size_t i = 0; i < feeds_.size(); ++i) tokens += feeds_[i].count() - order_.shared[i];
    return tokens;
  }
  bool done() const { return next_ == feeds_.size(); }
  std::vector<Score> results() { return std::move(results_); }

  // Returns the tokens that were fed.
  int64_t pass() {
    PassPlan plan = admit();
    PackedBatch batch = make_packed_batch(plan.tokens, plan.cu_seqlens, device_, plan.past);
    batch.slots.resize(plan.feeds.size());
    std::iota(batch.slots.begin(), batch.slots.end(), int64_t{0});
    std::vector<int64_t> rows;
    std::vector<RowTarget> targets;
    for (size_t s = 0; s < plan.feeds.size(); ++s) {
      const Feed& feed = feeds_[plan.feeds[s]];
      const int64_t end = plan.cu_seqlens[s + 1];
      const auto first_row = static_cast<int64_t>(rows.size()) - (end - feed.scored);
      for (int64_t row = end - feed.scored; row < end; ++row) rows.push_back(row);
      for (int64_t row = end - feed.scored; row < end; ++row) {
        for (const size_t request : feed.requests) {
          const Sequence& q = sequences_[request];
          if (row < end - q.scored) continue;
          targets.push_back({first_row + row, *(q.tokens.end() - (end - row))});
          plan.owners.push_back(request);
        }
      }
    }
    const at::Tensor hidden_RD = inference_.forward(batch, cache_, rows);
    add(score_rows(inference_, hidden_RD, targets), plan.owners);
    const size_t last = plan.feeds.back();
    const int64_t kept = done() ? 0 : order_.shared[order_.order[next_]];
    cache_.keep(kSequences, static_cast<int64_t>(plan.feeds.size()) - 1,
                std::min(kept, feeds_[last].count()));
    for (size_t s = 0; s < plan.feeds.size(); ++s) cache_.release(static_cast<int64_t>(s));
    return plan.cu_seqlens.back();
  }

 private:
  static constexpr int64_t kSequences = 256;  // of a pass

  struct PassPlan {
    std::vector<size_t> feeds;
    std::vector<int64_t> tokens, cu_seqlens{0}, past;
    std::vector<size_t> owners;  // of each target: its request
  };

  static PrefixOrder order_of(const std::vector<Feed>& feeds) {
    std::vector<std::span<const int32_t>> tokens;
    std::vector<int64_t> most, length;
    for (const Feed& feed : feeds) {
      tokens.push_back(feed.tokens);
      most.push_back(feed.count() - feed.scored);  // what is scored is computed
      length.push_back(feed.count());
    }
    return prefix_order(tokens, most, length);
  }

  // The tokens of a pass, a begun page for each of its sequences, and what is kept of the pass before.
  CacheNeed need() const {
    int64_t longest = 0;
    for (const Feed& feed : feeds_) longest = std::max(longest, feed.count());
    const int64_t fed = KvCache::pages_of(std::max(budget_, longest));
    return {longest, fed + kSequences + 2 * KvCache::pages_of(longest)};
  }

  PassPlan admit() {
    PassPlan plan;
    for (; !done() && plan.feeds.size() < kSequences; ++next_) {
      const size_t index = order_.order[next_];
      const Feed& feed = feeds_[index];
      const auto slot = static_cast<int64_t>(plan.feeds.size());
      int64_t shared = order_.shared[index];
      const auto missing = [&] { return KvCache::pages_of(feed.count()) - shared / KvCache::kPageTokens; };
      if (slot == 0 && missing() > cache_.free_pages()) {
        cache_.release(kSequences);
        shared = 0;
      }
      const bool within = plan.cu_seqlens.back() + feed.count() - shared <= budget_;
      if (slot > 0 && (!within || missing() > cache_.free_pages())) break;
      if (shared > 0) cache_.share(slot, slot == 0 ? kSequences : slot - 1, shared);
      cache_.reserve(slot, feed.count());
      plan.feeds.push_back(index);
      plan.past.push_back(shared);
      plan.tokens.insert(plan.tokens.end(), feed.tokens.begin() + shared, feed.tokens.end());
      plan.cu_seqlens.push_back(static_cast<int64_t>(plan.tokens.size()));
    }
    return plan;
  }

  void add(const std::vector<TargetScore>& scores, const std::vector<size_t>& owners) {
    for (size_t t = 0; t < scores.size(); ++t) {
      Score& result = results_[owners[t]];
      ++result.tokens;
      result.log_likelihood += scores[t].log_probability;
      result.is_greedy = result.is_greedy && scores[t].is_greedy;
      if (!std::isfinite(scores[t].log_probability)) {
        throw Error(ErrorKind::input, "the log-likelihood is not finite",
                    fmt::format("request {}", owners[t]),
                    "check the weights for NaN and infinity, or compute in float32");
      }
    }
  }

  Inference inference_;
  const std::vector<Sequence>& sequences_;
  std::vector<Feed> feeds_;
  PrefixOrder order_;
  int64_t budget_;
  at::Device device_;
  KvCache cache_;
  std::vector<Score> results_;
  size_t next_ = 0;  // in order_
};

}  // namespace

std::vector<Score> score(const Decoder& decoder, std::span<const ScoreRequest> requests,
                         const EngineOptions& options, const ScoreHooks& hooks) {
  const int64_t max_length = longest_sequence(decoder, options);
  if (requests.empty()) return {};
  std::vector<Sequence> sequences;
  for (size_t i = 0; i < requests.size(); ++i)
    sequences.push_back(make_sequence(requests[i], i, decoder.config().vocab_size, max_length));
  const c10::InferenceMode no_gradients;
  Run run(decoder, sequences, options);
  ProgressUpdate progress{"score", 0, static_cast<double>(run.total_tokens()), "tokens", {}};
  while (!run.done()) {
    throw_if_stopped(hooks.stop, "scoring");
    progress.done += static_cast<double>(run.pass());
    if (hooks.progress) hooks.progress(progress);
  }
  return run.results();
}

std::vector<Score> score_rolling(const Decoder& decoder, std::span<const std::vector<int32_t>> documents,
                                 int32_t prefix, const EngineOptions& options, const ScoreHooks& hooks) {
  std::vector<ScoreRequest> requests;
  std::vector<size_t> owners;
  for (size_t d = 0; d < documents.size(); ++d) {
    const std::vector<int32_t>& document = documents[d];
    const auto count = static_cast<int64_t>(document.size());
    for (const RollingWindow& w : rolling_windows(count, longest_sequence(decoder, options))) {
      ScoreRequest& r = requests.emplace_back();
      owners.push_back(d);
      if (w.context_first == 0) r.context.push_back(prefix);
      const int64_t first =
          std::max<int64_t>(w.context_first - 1, 0);  // document token i is sequence token i + 1
      r.context.insert(r.context.end(), document.begin() + first, document.begin() + w.predict_first);
      r.continuation.assign(document.begin() + w.predict_first, document.begin() + w.predict_last);
    }
  }
  const std::vector<Score> windows = score(decoder, requests, options, hooks);
  std::vector<Score> results(documents.size());
  for (size_t i = 0; i < windows.size(); ++i) {
    Score& result = results[owners[i]];
    result.log_likelihood += windows[i].log_likelihood;
    result.tokens += windows[i].tokens;
    result.is_greedy = result.is_greedy && windows[i].is_greedy;
  }
  return results;
}

}  // namespace evergreen
