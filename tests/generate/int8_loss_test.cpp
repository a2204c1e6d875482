#include "evergreen/generate/int8_loss.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/generate/score.hpp"
#include "tests/generate/tiny_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::random_tokens;
using test::tiny_decoder;

TEST(Int8Loss, IsThatOfScoringWithBothWeights) {
  const Decoder decoder = tiny_decoder();
  const std::vector<int32_t> tokens = random_tokens(1, 50);
  EngineOptions engine;
  const auto perplexity = [&] {
    const ScoreRequest request{{tokens.front()}, {tokens.begin() + 1, tokens.end()}};
    return std::exp(-score(decoder, std::span(&request, 1), engine).front().log_likelihood / 49);
  };
  const double exact = perplexity();
  engine.int8 = std::make_shared<const Int8Weights>(int8_weights(decoder));
  const double rounded = perplexity();
  const Int8Loss loss = int8_loss(decoder, *engine.int8, tokens);
  EXPECT_EQ(loss.predicted, 49);
  EXPECT_NEAR(loss.perplexity, exact, 1e-4 * exact);
  EXPECT_NEAR(loss.int8_perplexity, rounded, 1e-4 * rounded);
  EXPECT_NE(exact, rounded);
  EXPECT_NEAR(rounded, exact, 0.2 * exact);  // another model altogether is tens of times away
  EXPECT_GE(loss.same_greedy, 40);
  EXPECT_LE(loss.same_greedy, 49);
}

// As with float32: neither batching nor sharing changes a token.
TEST(Int8Loss, AnswersWithInt8WeightsDoNotDependOnTheBatch) {
  const Decoder decoder = tiny_decoder(2);
  EngineOptions engine;
  engine.int8 = std::make_shared<const Int8Weights>(int8_weights(decoder));
  std::vector<GenerationRequest> requests;
  for (uint64_t i = 0; i < 9; ++i)
    requests.push_back(
        {.prompt = random_tokens(i % 4, 3 + static_cast<int64_t>(i)), .max_new_tokens = 12, .id = i});
  const std::vector<Generation> together = generate(decoder, requests, engine);
  for (size_t i = 0; i < requests.size(); ++i)
    EXPECT_EQ(generate(decoder, std::span(&requests[i], 1), engine).front().tokens, together[i].tokens);
}

TEST(Int8Loss, OtherNumbersThanFloat32AreRefused) {
  const Decoder wide = test::in_double(tiny_decoder());
  test::expect_error(ErrorKind::usage, "float32 models on a CPU", [&] { int8_weights(wide); });
}

}  // namespace
}  // namespace evergreen
