#include "evergreen/data/min_hash.hpp"

#include <set>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

std::string text_of(const std::vector<int>& words) {
  std::string text;
  for (const int word : words) text += "w" + std::to_string(word) + " ";
  return text;
}

double true_jaccard(const std::vector<int>& a, const std::vector<int>& b, int n) {
  const auto shingles = [n](const std::vector<int>& words) {
    std::set<std::vector<int>> all;
    for (size_t i = 0; i + static_cast<size_t>(n) <= words.size(); ++i)
      all.emplace(words.begin() + static_cast<std::ptrdiff_t>(i),
                  words.begin() + static_cast<std::ptrdiff_t>(i) + n);
    return all;
  };
  const auto sa = shingles(a), sb = shingles(b);
  std::vector<std::vector<int>> both;
  std::set_intersection(sa.begin(), sa.end(), sb.begin(), sb.end(), std::back_inserter(both));
  return static_cast<double>(both.size()) / static_cast<double>(sa.size() + sb.size() - both.size());
}

std::vector<uint8_t> signature(MinHash& hash, const std::string& text) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(hash.sign(text));
  hash.append_bytes(bytes);
  return bytes;
}

}  // namespace

// With 1024 places the standard error is at most 0.016; the mean over many pairs shows a bias of a fifth of that.
TEST(MinHash, EstimatesTheJaccardSimilarity) {
  const MinHashOptions options{.ngram = 3, .bands = 128, .rows = 8, .threshold = 0.5};
  MinHash hash(options);
  RandomStream stream(3, "min hash");
  double bias = 0;
  constexpr int kPairs = 60;
  for (int pair = 0; pair < kPairs; ++pair) {
    std::vector<int> a, b;
    for (int i = 0; i < 400; ++i) a.push_back(static_cast<int>(stream.below(5000)));
    b = a;
    for (uint64_t changes = stream.below(60); changes > 0; --changes)
      b[stream.below(b.size())] = static_cast<int>(stream.below(5000));
    const double wanted = true_jaccard(a, b, 3);
    const double estimate = estimated_similarity(signature(hash, text_of(a)), signature(hash, text_of(b)));
    EXPECT_NEAR(estimate, wanted, 0.065) << pair;
    bias += (estimate - wanted) / kPairs;
  }
  EXPECT_NEAR(bias, 0, 0.006);
}

TEST(MinHash, UnlikeTextsAreEstimatedNearZero) {
  MinHash hash(MinHashOptions{});
  double sum = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<int> a, b;
    for (int j = 0; j < 50; ++j) a.push_back(1000 * i + j), b.push_back(1000 * i + 500 + j);
    sum += estimated_similarity(signature(hash, text_of(a)), signature(hash, text_of(b)));
  }
  EXPECT_LT(sum / 200, 0.01);
}

TEST(MinHash, CaseAndPunctuationDoNotCountShortTextsDo) {
  MinHash hash(MinHashOptions{});
  EXPECT_EQ(signature(hash, "One, two: THREE!"), signature(hash, "one two three"));
  EXPECT_NE(signature(hash, "one two three"), signature(hash, "one two four"));
  EXPECT_FALSE(hash.sign(" ... "));
}

// The chance of being a candidate is 1 - (1 - J^rows)^bands.
TEST(MinHash, BandsMakeCandidatesWithTheProbabilityThatTheHeaderTells) {
  const MinHashOptions options{.ngram = 1};
  MinHash hash(options);
  int candidates = 0;
  constexpr int kPairs = 1500;
  for (int pair = 0; pair < kPairs; ++pair) {
    std::vector<int> a, b;  // 60 of 80 words shared: J = 0.75
    for (int i = 0; i < 70; ++i) a.push_back(1000 * pair + i), b.push_back(1000 * pair + i + 10);
    std::vector<uint64_t> bands_a, bands_b;
    hash.sign(text_of(a));
    hash.append_bands(bands_a);
    hash.sign(text_of(b));
    hash.append_bands(bands_b);
    ASSERT_EQ(bands_a.size(), 14U);
    bool candidate = false;
    for (size_t i = 0; i < bands_a.size(); ++i) candidate = candidate || bands_a[i] == bands_b[i];
    candidates += candidate ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(candidates) / kPairs, 0.77, 0.04);
}

TEST(MinHash, ParametersThatMakeNoSenseAreRefused) {
  for (const MinHashOptions& o : {MinHashOptions{.ngram = 0}, MinHashOptions{.bands = 0},
                                  MinHashOptions{.rows = 5000}, MinHashOptions{.threshold = 0}})
    test::expect_error(ErrorKind::usage, "no parameters of MinHash", [&] { require_valid(o); });
}

}  // namespace evergreen
