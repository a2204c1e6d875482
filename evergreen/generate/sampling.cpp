#include "evergreen/generate/sampling.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

struct Candidate {
  int64_t token;
  double weight;  // probability times a constant
};

// Tokens of at least the k-th largest logit, in order of token.
std::vector<Candidate> top_candidates(std::span<const float> logits, const Sampling& sampling) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  float threshold = -std::numeric_limits<float>::infinity();
  if (sampling.top_k > 0 && static_cast<size_t>(sampling.top_k) < logits.size()) {
    std::vector<float> order(logits.begin(), logits.end());
    const auto kth = order.begin() + (sampling.top_k - 1);
    std::nth_element(order.begin(), kth, order.end(), std::greater<>());
    threshold = *kth;
  }
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] < threshold) continue;
    const double weight = std::exp((static_cast<double>(logits[i]) - largest) / sampling.temperature);
    candidates.push_back({static_cast<int64_t>(i), weight});
  }
  return candidates;
}

double total_weight(const std::vector<Candidate>& candidates) {
  double total = 0;
  for (const Candidate& c : candidates) total += c.weight;
  return total;
}

void keep_top_p(std::vector<Candidate>& candidates, double top_p) {
  const double enough = top_p * total_weight(candidates);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.weight > b.weight; });
  double sum = 0;
  size_t kept = 0;
  while (kept < candidates.size() && (kept == 0 || sum < enough)) sum += candidates[kept++].weight;
  candidates.resize(kept);
  // The draw goes by token: two candidates that swap ranks by a rounding error then draw the same token.
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.token < b.token; });
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
}

int64_t greedy_token(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

int64_t sample_token(std::span<const float> logits, const Sampling& sampling, uint64_t request,
                     uint64_t position) {
  assert(!logits.empty());
  if (sampling.temperature == 0) return greedy_token(logits);
  std::vector<Candidate> candidates = top_candidates(logits, sampling);
  if (sampling.top_p < 1) keep_top_p(candidates, sampling.top_p);
  if (sampling.min_p > 0) {
    double largest = 0;
    for (const Candidate& c : candidates) largest = std::max(largest, c.weight);
    std::erase_if(candidates, [&](const Candidate& c) { return c.weight < sampling.min_p * largest; });
  }
  const uint64_t bits = RandomStream(sampling.seed, "generate.sample", request).at(position);
  double left = static_cast<double>(bits >> 11) * 0x1.0p-53 * total_weight(candidates);
  for (const Candidate& c : candidates) {
    left -= c.weight;
    if (left < 0) return c.token;
  }
  // All that is left is the rounding of the sums.
  const auto likely =
      std::find_if(candidates.rbegin(), candidates.rend(), [](auto& c) { return c.weight > 0; });
  return likely->token;
}

}  // namespace evergreen
