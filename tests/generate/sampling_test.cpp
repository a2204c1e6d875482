#include "evergreen/generate/sampling.hpp"

#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/support/data.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

std::map<int64_t, double> frequencies(const std::vector<float>& logits, const Sampling& sampling,
                                      int64_t draws = 20000) {
  std::map<int64_t, double> seen;
  for (int64_t i = 0; i < draws; ++i)
    seen[sample_token(logits, sampling, 7, static_cast<uint64_t>(i))] += 1.0 / static_cast<double>(draws);
  return seen;
}

const std::vector<float> kLogits = {std::log(0.1F), std::log(0.4F), std::log(0.2F), std::log(0.3F)};

}  // namespace

TEST(Sampling, TemperatureZeroTakesTheFirstOfTheLargest) {
  EXPECT_EQ(sample_token(std::vector<float>{1, 3, 2, 3}, {}, 0, 0), 1);
}

TEST(Sampling, DrawsByTheProbabilities) {
  const auto seen = frequencies(kLogits, {.temperature = 1});
  EXPECT_NEAR(seen.at(0), 0.1, 0.01);
  EXPECT_NEAR(seen.at(1), 0.4, 0.015);
  EXPECT_NEAR(seen.at(2), 0.2, 0.015);
  EXPECT_NEAR(seen.at(3), 0.3, 0.015);
}

TEST(Sampling, TemperatureDividesTheLogits) {
  const auto seen = frequencies(kLogits, {.temperature = 0.5});  // squares: 0.01 0.16 0.04 0.09 of 0.30
  EXPECT_NEAR(seen.at(1), 0.16 / 0.30, 0.015);
  EXPECT_NEAR(seen.at(3), 0.09 / 0.30, 0.015);
}

TEST(Sampling, TopKKeepsTheKLargestAndTheirTies) {
  const auto seen = frequencies(kLogits, {.temperature = 1, .top_k = 2});
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_NEAR(seen.at(1), 4.0 / 7, 0.015);
  EXPECT_EQ(frequencies({1, 1, 1, 0}, {.temperature = 1, .top_k = 2}).size(), 3U);
}

TEST(Sampling, TopPKeepsTheFewestThatReachP) {
  const auto seen = frequencies(kLogits, {.temperature = 1, .top_p = 0.6});  // 0.4, then 0.3
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_NEAR(seen.at(3), 3.0 / 7, 0.015);
  EXPECT_EQ(frequencies(kLogits, {.temperature = 1, .top_p = 1e-9}).size(), 1U);
}

TEST(Sampling, MinPDropsWhatIsFarBelowTheLargest) {
  EXPECT_EQ(frequencies(kLogits, {.temperature = 1, .min_p = 0.6}).size(), 2U);  // 0.24 and more: 0.4, 0.3
}

TEST(Sampling, TheRepetitionPenaltyMakesWhatWasThereLessLikely) {
  const std::vector<float> logits = {2, 1.5F, -1, -1};
  const std::vector<int32_t> prompt = {0, 3, 0}, generated = {0};
  const Sampling sampling{.repetition_penalty = 2};  // 1, 1.5, -1, -2
  EXPECT_EQ(sample_token(logits, sampling, 0, 0, {prompt, generated}), 1);
  EXPECT_EQ(sample_token(logits, sampling, 0, 0), 0);
  EXPECT_EQ(sample_token(logits, {}, 0, 0, {prompt, generated}), 0);
}

// Made by tools/make_sampling_goldens.py.
TEST(Sampling, LeavesWhatTransformersLeaves) {
  const Json cases = read_json(test::golden_path("generate/sampling.json"));
  EXPECT_EQ(cases.size(), 36U);
  for (const Json& c : cases) {
    const Json& s = c.at("sampling");
    const Sampling sampling{.temperature = s.at("temperature"),
                            .top_k = s.value("top_k", int64_t{0}),
                            .top_p = s.value("top_p", 1.0),
                            .min_p = s.value("min_p", 0.0),
                            .repetition_penalty = s.value("repetition_penalty", 1.0)};
    const auto prompt = c.at("prompt").get<std::vector<int32_t>>(),
               generated = c.at("generated").get<std::vector<int32_t>>();
    const auto tokens = c.at("tokens").get<std::vector<int64_t>>();
    const auto probabilities = c.at("probabilities").get<std::vector<double>>();
    const std::vector<TokenProbability> left =
        sampling_distribution(c.at("logits").get<std::vector<float>>(), sampling, {prompt, generated});
    ASSERT_EQ(left.size(), tokens.size()) << s.dump();
    for (size_t i = 0; i < left.size(); ++i) {
      EXPECT_EQ(left[i].token, tokens[i]) << s.dump();
      EXPECT_NEAR(left[i].probability, probabilities[i], 1e-6) << s.dump();  // the penalty is in float32
    }
  }
}

TEST(Sampling, IsAFunctionOfSeedRequestAndPosition) {
  const std::vector<float> flat(1000, 0.0F);
  const Sampling sampling{.temperature = 1, .seed = 3};
  EXPECT_EQ(sample_token(flat, sampling, 1, 2), sample_token(flat, sampling, 1, 2));
  EXPECT_NE(sample_token(flat, sampling, 1, 2), sample_token(flat, sampling, 2, 2));
  EXPECT_NE(sample_token(flat, sampling, 1, 2), sample_token(flat, sampling, 1, 3));
  EXPECT_NE(sample_token(flat, sampling, 1, 2), sample_token(flat, {.temperature = 1, .seed = 4}, 1, 2));
}

TEST(Sampling, ValuesOutOfRangeAreRefusedByName) {
  test::expect_error(ErrorKind::usage, "temperature is -1", [] { check_sampling({.temperature = -1}); });
  test::expect_error(ErrorKind::usage, "top-p is 0", [] { check_sampling({.top_p = 0}); });
  test::expect_error(ErrorKind::usage, "top-k is -3", [] { check_sampling({.top_k = -3}); });
  test::expect_error(ErrorKind::usage, "repetition-penalty is 0",
                     [] { check_sampling({.repetition_penalty = 0}); });
  test::expect_error(ErrorKind::usage, "min-p is 2", [] { check_sampling({.min_p = 2}); });
}

}  // namespace evergreen
