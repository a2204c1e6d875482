#include "evergreen/generate/score.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/generate/windows.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/model/loss.hpp"

namespace evergreen {
namespace {

// What is fed (all of the sequence but its last token) and how many of the last predictions count.
struct Sequence {
  std::vector<int32_t> tokens;  // context and continuation, already cut to the longest sequence
  int64_t scored = 0;
  size_t result = 0;
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
  Sequence s{r.context, static_cast<int64_t>(r.continuation.size()), index};
  s.tokens.insert(s.tokens.end(), r.continuation.begin(), r.continuation.end());
  const int64_t surplus = s.fed() - max_length;
  if (surplus > 0) s.tokens.erase(s.tokens.begin(), s.tokens.begin() + surplus);
  return s;
}

struct Pack {
  std::vector<int64_t> tokens, cu_seqlens{0}, rows, targets;
};

Pack pack(std::span<const Sequence> sequences) {
  Pack pack;
  for (const Sequence& s : sequences) {
    pack.tokens.insert(pack.tokens.end(), s.tokens.begin(), s.tokens.end() - 1);
    const auto end = static_cast<int64_t>(pack.tokens.size());
    pack.cu_seqlens.push_back(end);
    for (int64_t row = end - s.scored; row < end; ++row) pack.rows.push_back(row);
    pack.targets.insert(pack.targets.end(), s.tokens.end() - s.scored, s.tokens.end());
  }
  return pack;
}

void score_pack(const Decoder& decoder, std::span<const Sequence> sequences, std::vector<Score>& results) {
  const at::Tensor& head = decoder.parameters().head();
  const Pack packed = pack(sequences);
  const PackedBatch batch = make_packed_batch(packed.tokens, packed.cu_seqlens, head.device());
  const auto on_device = [&](const std::vector<int64_t>& v) {
    return at::tensor(v, at::kLong).to(head.device());
  };
  const at::Tensor hidden_RD = decoder.forward(batch).index_select(0, on_device(packed.rows));
  const TokenScores scores = score_tokens(hidden_RD, head, on_device(packed.targets));
  const at::Tensor log_probability = scores.log_probability_N.cpu().contiguous();
  const at::Tensor greedy = scores.greedy_N.cpu().contiguous();
  int64_t row = 0;
  for (const Sequence& s : sequences) {
    Score& result = results[s.result];
    result.tokens = s.scored;
    for (const int64_t end = row + s.scored; row < end; ++row) {
      result.log_likelihood += static_cast<double>(log_probability.const_data_ptr<float>()[row]);
      result.is_greedy = result.is_greedy && greedy.const_data_ptr<bool>()[row];
    }
    if (!std::isfinite(result.log_likelihood)) {
      throw Error(ErrorKind::input, "the log-likelihood is not finite", fmt::format("request {}", s.result),
                  "check the weights for NaN and infinity, or compute in float32");
    }
  }
}

}  // namespace

std::vector<Score> score(const Decoder& decoder, std::span<const ScoreRequest> requests,
                         const EngineOptions& options, const ScoreHooks& hooks) {
  const int64_t max_length = longest_sequence(decoder, options);
  std::vector<Sequence> sequences;
  for (size_t i = 0; i < requests.size(); ++i) {
    sequences.push_back(make_sequence(requests[i], i, decoder.config().vocab_size, max_length));
  }
  // The longest first: what does not fit into memory fails at once.
  std::stable_sort(sequences.begin(), sequences.end(), [](auto& a, auto& b) { return a.fed() > b.fed(); });
  ProgressUpdate progress{"score", 0, 0, "tokens", {}};
  for (const Sequence& s : sequences) progress.total += static_cast<double>(s.fed());

  const c10::InferenceMode no_gradients;
  std::vector<Score> results(requests.size());
  for (size_t first = 0; first < sequences.size();) {
    throw_if_stopped(hooks.stop, "scoring");
    size_t last = first;
    int64_t tokens = 0;
    do {
      tokens += sequences[last++].fed();
    } while (last < sequences.size() && tokens + sequences[last].fed() <= options.token_budget);
    score_pack(decoder, std::span(sequences).subspan(first, last - first), results);
    first = last;
    progress.done += static_cast<double>(tokens);
    if (hooks.progress) hooks.progress(progress);
  }
  return results;
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
