#include "evergreen/generate/score.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/generate/tiny_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::random_tokens;
using test::tiny_decoder;

// log softmax of the full forward in float64, one sequence alone.
Score direct(const Decoder& decoder, const std::vector<int32_t>& context,
             const std::vector<int32_t>& continuation) {
  const at::NoGradGuard no_gradients;
  std::vector<int64_t> tokens(context.begin(), context.end());
  tokens.insert(tokens.end(), continuation.begin(), continuation.end());
  const PackedBatch batch = make_packed_batch(tokens, {0, static_cast<int64_t>(tokens.size())}, at::kCPU);
  const at::Tensor log_p = decoder.logits(decoder.forward(batch)).to(at::kDouble).log_softmax(1);
  Score score;
  for (size_t i = context.size(); i < tokens.size(); ++i) {
    const at::Tensor row = log_p.select(0, static_cast<int64_t>(i) - 1);
    score.log_likelihood += row[tokens[i]].item<double>();
    score.is_greedy = score.is_greedy && row.argmax().item<int64_t>() == tokens[i];
    ++score.tokens;
  }
  return score;
}

void expect_equal(const Score& a, const Score& b) {
  EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-4 * (1 + std::abs(b.log_likelihood)));
  EXPECT_EQ(a.is_greedy, b.is_greedy);
  EXPECT_EQ(a.tokens, b.tokens);
}

}  // namespace

TEST(Score, EqualsTheDirectComputationInTheOrderAsked) {
  const Decoder decoder = tiny_decoder();
  std::vector<ScoreRequest> requests;
  for (uint64_t i = 0; i < 12; ++i) {
    requests.push_back({random_tokens(i, 1 + static_cast<int64_t>(i * 5 % 13)),
                        random_tokens(100 + i, 1 + static_cast<int64_t>(i * 3 % 7))});
  }
  for (const int64_t budget : {1, 30, 1000}) {
    const std::vector<Score> scores = score(decoder, requests, {.token_budget = budget});
    for (size_t i = 0; i < requests.size(); ++i) {
      expect_equal(scores[i], direct(decoder, requests[i].context, requests[i].continuation));
    }
  }
}

// Choices of a question, questions with a header, and one request twice.
TEST(Score, SharingAndPackingDoNotChangeABit) {
  const Decoder decoder = tiny_decoder();
  std::vector<ScoreRequest> requests;
  for (uint64_t question = 0; question < 6; ++question) {
    std::vector<int32_t> context = random_tokens(question % 2, 19);
    const std::vector<int32_t> own = random_tokens(10 + question, static_cast<int64_t>(question * 4 % 11));
    context.insert(context.end(), own.begin(), own.end());
    for (uint64_t choice = 0; choice < 4; ++choice)
      requests.push_back(
          {context, random_tokens(50 + choice, question < 3 ? 1 : 1 + static_cast<int64_t>(choice))});
  }
  requests.push_back(requests[5]);
  const int64_t page = KvCache::page_bytes(decoder.config(), 4);
  std::vector<Score> alone;
  for (const ScoreRequest& r : requests) alone.push_back(score(decoder, std::span(&r, 1)).front());
  for (const EngineOptions& options :
       {EngineOptions{}, EngineOptions{.token_budget = 1}, EngineOptions{.token_budget = 40},
        EngineOptions{.kv_memory_bytes = 3 * page},
        EngineOptions{.token_budget = 25, .kv_memory_bytes = 5 * page}}) {
    int64_t fed = 0, total = 0;
    ScoreHooks hooks;
    hooks.progress = [&](const ProgressUpdate& p) {
      fed = static_cast<int64_t>(p.done), total = static_cast<int64_t>(p.total);
    };
    const std::vector<Score> scores = score(decoder, requests, options, hooks);
    for (size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(scores[i].log_likelihood, alone[i].log_likelihood) << "request " << i;
      EXPECT_EQ(scores[i].is_greedy, alone[i].is_greedy) << "request " << i;
      EXPECT_EQ(scores[i].tokens, alone[i].tokens);
      expect_equal(scores[i], direct(decoder, requests[i].context, requests[i].continuation));
    }
    EXPECT_LT(total, 24 * 19 / 2);  // of more than 24 x 19 tokens
    if (options.kv_memory_bytes == 0) {
      EXPECT_EQ(fed, total);
    }
  }
  const std::vector<Score> tensors = score(test::in_double(decoder), requests, {.token_budget = 60});
  for (size_t i = 0; i < requests.size(); ++i) expect_equal(tensors[i], alone[i]);
}

TEST(Score, MemoryForTheCacheThatIsTooLittleIsForeseen) {
  const Decoder decoder = tiny_decoder();
  const ScoreRequest request{random_tokens(1, 40), {3}};
  test::expect_error(ErrorKind::resource, "one sequence of 40 tokens takes",
                     [&] { score(decoder, std::span(&request, 1), {.kv_memory_bytes = 1024}); });
}

TEST(Score, WhatGreedyDecodingSaysIsGreedy) {
  const Decoder decoder = tiny_decoder();
  const GenerationRequest r{.prompt = random_tokens(1, 6), .max_new_tokens = 8};
  std::vector<int32_t> said = generate(decoder, std::span(&r, 1)).front().tokens;
  const auto is_greedy = [&] {
    const ScoreRequest request{r.prompt, said};
    return score(decoder, std::span(&request, 1)).front().is_greedy;
  };
  EXPECT_TRUE(is_greedy());
  said[5] = (said[5] + 1) % 97;
  EXPECT_FALSE(is_greedy());
}

TEST(Score, ALongContextLosesItsStart) {
  const Decoder decoder = tiny_decoder();
  const ScoreRequest request{random_tokens(1, 90), random_tokens(2, 5)};
  const Score cut = score(decoder, std::span(&request, 1)).front();
  // 64 tokens are fed: all of the continuation but its last, and the last 60 of the context.
  expect_equal(cut,
               direct(decoder, {request.context.end() - 60, request.context.end()}, request.continuation));
}

TEST(Score, RollingSumsItsWindows) {
  const Decoder decoder = tiny_decoder();
  const std::vector<std::vector<int32_t>> documents = {
      random_tokens(1, 10), {}, random_tokens(2, 3), random_tokens(3, 64)};
  const std::vector<Score> scores = score_rolling(decoder, documents, 7, {.max_length = 4});
  for (size_t d : {0U, 2U}) {
    const std::vector<int32_t>& t = documents[d];
    Score expected =
        direct(decoder, {7}, {t.begin(), t.begin() + std::min<int64_t>(4, static_cast<int64_t>(t.size()))});
    if (t.size() == 10) {
      const Score second = direct(decoder, {t[3]}, {t[4], t[5], t[6], t[7]});
      const Score last = direct(decoder, {t[5], t[6], t[7]}, {t[8], t[9]});
      expected.log_likelihood += second.log_likelihood + last.log_likelihood;
      expected.tokens += second.tokens + last.tokens;
      expected.is_greedy = expected.is_greedy && second.is_greedy && last.is_greedy;
    }
    expect_equal(scores[d], expected);
  }
  EXPECT_EQ(scores[1].tokens, 0);
  EXPECT_EQ(scores[1].log_likelihood, 0);
  EXPECT_EQ(scores[3].tokens, 64);
}

TEST(Score, ADocumentInOneWindowIsItsContinuationOfThePrefix) {
  const Decoder decoder = tiny_decoder();
  const std::vector<std::vector<int32_t>> documents = {random_tokens(4, 64)};
  expect_equal(score_rolling(decoder, documents, 7).front(), direct(decoder, {7}, documents[0]));
}

TEST(Score, BadRequestsAreNamed) {
  const Decoder decoder = tiny_decoder();
  const auto refuse = [&](const ScoreRequest& bad, const std::string& words) {
    const std::vector<ScoreRequest> requests = {{{1}, {2}}, bad};
    test::expect_error(ErrorKind::input, words, [&] { score(decoder, requests); });
    test::expect_error(ErrorKind::input, "request 1", [&] { score(decoder, requests); });
  };
  refuse({{}, {1}}, "context has no token");
  refuse({{1}, {}}, "continuation has no token");
  refuse({{1}, {97}}, "token 97");
  refuse({{1}, random_tokens(1, 65)}, "a continuation of 65 tokens, the longest sequence is 64");
  test::expect_error(ErrorKind::usage, "set to 65", [&] { score(decoder, {}, {.max_length = 65}); });
}

TEST(Score, WeightsThatAreNotFiniteAreAnError) {
  const Decoder decoder = tiny_decoder();
  decoder.parameters().at("model.norm.weight").fill_(NAN);
  const ScoreRequest request{{1}, {2}};
  test::expect_error(ErrorKind::input, "not finite", [&] { score(decoder, std::span(&request, 1)); });
}

}  // namespace evergreen
