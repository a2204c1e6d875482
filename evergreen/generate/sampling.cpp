#include "evergreen/generate/sampling.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

// Tokens of at least the k-th largest logit, in order of token, with exp of their logit less the largest.
std::vector<TokenProbability> top_candidates(std::span<const float> logits, const Sampling& sampling) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  float threshold = -std::numeric_limits<float>::infinity();
  if (sampling.top_k > 0 && static_cast<size_t>(sampling.top_k) < logits.size()) {
    std::vector<float> order(logits.begin(), logits.end());
    const auto kth = order.begin() + (sampling.top_k - 1);
    std::nth_element(order.begin(), kth, order.end(), std::greater<>());
    threshold = *kth;
  }
  std::vector<TokenProbability> candidates;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] < threshold) continue;
    const double weight = std::exp((static_cast<double>(logits[i]) - largest) / sampling.temperature);
    candidates.push_back({static_cast<int64_t>(i), weight});
  }
  return candidates;
}

double total_of(const std::vector<TokenProbability>& candidates) {
  double total = 0;
  for (const TokenProbability& c : candidates) total += c.probability;
  return total;
}

// Only those that are kept are ever sorted: they are few, the vocabulary is not.
void keep_top_p(std::vector<TokenProbability>& candidates, double top_p) {
  const double enough = top_p * total_of(candidates);
  const auto less_likely = [](const TokenProbability& a, const TokenProbability& b) {
    return a.probability != b.probability ? a.probability < b.probability : a.token > b.token;
  };
  std::make_heap(candidates.begin(), candidates.end(), less_likely);
  auto rest = candidates.end();
  for (double sum = 0; rest != candidates.begin() && (rest == candidates.end() || sum < enough);) {
    std::pop_heap(candidates.begin(), rest--, less_likely);
    sum += rest->probability;
  }
  candidates.erase(candidates.begin(), rest);
  // The draw goes by token: two candidates that swap ranks by a rounding error then draw the same token.
  std::sort(candidates.begin(), candidates.end(),
            [](const TokenProbability& a, const TokenProbability& b) { return a.token < b.token; });
}

void keep_min_p(std::vector<TokenProbability>& candidates, double min_p) {
  double largest = 0;
  for (const TokenProbability& c : candidates) largest = std::max(largest, c.probability);
  std::erase_if(candidates, [&](const TokenProbability& c) { return c.probability < min_p * largest; });
}

std::vector<float> penalised(std::span<const float> logits, double penalty, const TokenHistory& history) {
  std::vector<float> out(logits.begin(), logits.end());
  const auto factor = static_cast<float>(penalty);
  for (const std::span<const int32_t> tokens : {history.prompt, history.generated}) {
    for (const int32_t token : tokens) {
      const auto i = static_cast<size_t>(token);
      out[i] = logits[i] < 0 ? logits[i] * factor : logits[i] / factor;  // from `logits`: once for each token
    }
  }
  return out;
}

int64_t greedy_token(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

}  // namespace

void check_sampling(const Sampling& s) {
  const auto refuse = [](const char* name, double value, const char* range) {
    throw Error(ErrorKind::usage, fmt::format("{} is {}, expected {}", name, value, range));
  };
  if (!(s.temperature >= 0) || !std::isfinite(s.temperature))
    refuse("temperature", s.temperature, "0 or more");
  if (s.top_k < 0) refuse("top-k", static_cast<double>(s.top_k), "0 (all) or more");
  if (!(s.top_p > 0 && s.top_p <= 1)) refuse("top-p", s.top_p, "more than 0, up to 1");
  if (!(s.min_p >= 0 && s.min_p <= 1)) refuse("min-p", s.min_p, "0 to 1");
  if (!(s.repetition_penalty > 0) || !std::isfinite(s.repetition_penalty))
    refuse("repetition-penalty", s.repetition_penalty, "more than 0");
}

bool is_plain_greedy(const Sampling& sampling) {
  return sampling.temperature == 0 && sampling.repetition_penalty == 1;
}

std::vector<TokenProbability> sampling_distribution(std::span<const float> logits, const Sampling& sampling,
                                                    const TokenHistory& history) {
  assert(!logits.empty() && sampling.temperature > 0);
  std::vector<float> changed;
  if (sampling.repetition_penalty != 1) {
    changed = penalised(logits, sampling.repetition_penalty, history);
    logits = changed;
  }
  std::vector<TokenProbability> candidates = top_candidates(logits, sampling);
  if (sampling.top_p < 1) keep_top_p(candidates, sampling.top_p);
  if (sampling.min_p > 0) keep_min_p(candidates, sampling.min_p);
  const double total = total_of(candidates);
  for (TokenProbability& c : candidates) c.probability /= total;
  return candidates;
}

int64_t sample_token(std::span<const float> logits, const Sampling& sampling, uint64_t request,
                     uint64_t position, const TokenHistory& history) {
  if (is_plain_greedy(sampling)) return greedy_token(logits);
  if (sampling.temperature == 0) return greedy_token(penalised(logits, sampling.repetition_penalty, history));
  const std::vector<TokenProbability> candidates = sampling_distribution(logits, sampling, history);
  const uint64_t bits = RandomStream(sampling.seed, "generate.sample", request).at(position);
  double left = static_cast<double>(bits >> 11) * 0x1.0p-53;
  for (const TokenProbability& c : candidates) {
    left -= c.probability;
    if (left < 0) return c.token;
  }
  // All that is left is the rounding of the sums.
  const auto likely =
      std::find_if(candidates.rbegin(), candidates.rend(), [](auto& c) { return c.probability > 0; });
  return likely->token;
}

}  // namespace evergreen
