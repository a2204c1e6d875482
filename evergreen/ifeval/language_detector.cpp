#include "evergreen/ifeval/language_detector.hpp"

#include <algorithm>

#include "evergreen/ifeval/language_text.hpp"
#include "evergreen/ifeval/python_random.hpp"

namespace evergreen::ifeval {
namespace {

constexpr int kTrials = 7, kMaxDraws = 1000;
constexpr double kAlpha = 0.5, kAlphaWidth = 0.05, kBaseFrequency = 10000;
constexpr double kConverged = 0.99999, kMinProbability = 0.1;

using Probabilities = std::vector<double>;

void update(Probabilities& p, Probabilities& factors, std::span<const LanguageProfiles::Share> shares,
            double weight) {
  std::fill(factors.begin(), factors.end(), weight);
  for (const auto& share : shares) factors[share.language] = weight + share.probability;
  for (size_t i = 0; i < p.size(); ++i) p[i] *= factors[i];
}

double normalize(Probabilities& p) {
  double sum = 0, most = 0;
  for (const double x : p) sum += x;
  for (double& x : p) {
    x /= sum;
    most = std::max(most, x);
  }
  return most;
}

}  // namespace

LanguageGuess guess_language(std::string_view text, uint32_t seed, const LanguageProfiles& profiles) {
  const std::vector<int32_t> grams = language_grams(clean_language_text(text, profiles), profiles);
  if (grams.empty()) return {{}, true};
  const size_t languages = profiles.languages().size();
  PythonRandom random(seed);
  Probabilities mean(languages, 0.0), p(languages), factors(languages);
  for (int trial = 0; trial < kTrials; ++trial) {
    std::fill(p.begin(), p.end(), 1.0 / static_cast<double>(languages));
    const double weight = (kAlpha + random.gauss() * kAlphaWidth) / kBaseFrequency;
    for (int draw = 0;; ++draw) {
      update(p, factors, profiles.shares(grams[random.index(grams.size())]), weight);
      if (draw % 5 == 0 && (normalize(p) > kConverged || draw >= kMaxDraws)) break;
    }
    for (size_t i = 0; i < languages; ++i) mean[i] += p[i] / kTrials;
  }
  LanguageGuess guess;
  for (size_t i = 0; i < languages; ++i) {
    if (mean[i] > kMinProbability) guess.languages.push_back({profiles.languages()[i], mean[i]});
  }
  std::stable_sort(guess.languages.begin(), guess.languages.end(),
                   [](const auto& a, const auto& b) { return a.probability > b.probability; });
  return guess;
}

}  // namespace evergreen::ifeval
