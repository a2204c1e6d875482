#include "evergreen/generate/engine.hpp"

#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "tests/generate/tiny_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::in_double;
using test::random_tokens;
using test::tiny_decoder;

// Prompts with a header in common, some of them with more in common, in no order.
std::vector<GenerationRequest> requests_with_headers(const Sampling& sampling) {
  std::vector<GenerationRequest> requests;
  for (uint64_t i = 0; i < 14; ++i) {
    GenerationRequest r;
    r.prompt = random_tokens(100 + i % 2, i % 3 == 0 ? 21 : 16);
    const std::vector<int32_t> question = random_tokens(200 + i % 4, static_cast<int64_t>(i * 5 % 9));
    r.prompt.insert(r.prompt.end(), question.begin(), question.end());
    r.max_new_tokens = 3 + static_cast<int64_t>(i * 5 % 13);
    r.sampling = sampling;
    r.id = i;
    requests.push_back(std::move(r));
  }
  return requests;
}

// Without a cache: the whole sequence again for every token.
std::vector<int32_t> slow_greedy(const Decoder& decoder, std::vector<int32_t> tokens, int64_t count) {
  const at::NoGradGuard no_gradients;
  std::vector<int32_t> answer;
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<int64_t> wide(tokens.begin(), tokens.end());
    const PackedBatch batch = make_packed_batch(wide, {0, static_cast<int64_t>(wide.size())}, at::kCPU);
    const at::Tensor logits = decoder.logits(decoder.forward(batch)).select(0, -1);
    answer.push_back(static_cast<int32_t>(logits.argmax().item<int64_t>()));
    tokens.push_back(answer.back());
  }
  return answer;
}

std::vector<GenerationRequest> some_requests(const Sampling& sampling) {
  std::vector<GenerationRequest> requests;
  for (uint64_t i = 0; i < 9; ++i) {
    GenerationRequest r;
    r.prompt = random_tokens(i, 1 + static_cast<int64_t>(i * 7 % 23));
    r.max_new_tokens = 3 + static_cast<int64_t>(i * 5 % 17);
    r.sampling = sampling;
    r.id = i;
    requests.push_back(std::move(r));
  }
  return requests;
}

void expect_batching_changes_nothing(const Decoder& decoder, const std::vector<GenerationRequest>& requests) {
  const std::vector<Generation> all = generate(decoder, requests, {.max_sequences = 16});
  const std::vector<Generation> few = generate(decoder, requests, {.max_sequences = 3, .token_budget = 5});
  // 6 pages of 16 tokens: too few for the beginnings that are kept.
  const auto element = static_cast<size_t>(decoder.parameters().head().element_size());
  const std::vector<Generation> tight =
      generate(decoder, requests,
               {.max_sequences = 5,
                .token_budget = 9,
                .kv_memory_bytes = 6 * KvCache::page_bytes(decoder.config(), element)});
  for (size_t i = 0; i < requests.size(); ++i) {
    const Generation one = generate(decoder, std::span(requests).subspan(i, 1)).front();
    EXPECT_EQ(one.tokens.size(), static_cast<size_t>(requests[i].max_new_tokens));
    EXPECT_EQ(all[i].tokens, one.tokens) << "request " << i;
    EXPECT_EQ(few[i].tokens, one.tokens) << "request " << i;
    EXPECT_EQ(tight[i].tokens, one.tokens) << "request " << i;
  }
}

}  // namespace

TEST(Engine, GreedyTokensAreTheArgmaxOfTheFullForward) {
  const Decoder decoder = tiny_decoder();
  const std::vector<GenerationRequest> requests = some_requests({});
  const std::vector<Generation> answers =
      generate(decoder, requests, {.max_sequences = 4, .token_budget = 6});
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(answers[i].tokens, slow_greedy(decoder, requests[i].prompt, requests[i].max_new_tokens));
    EXPECT_EQ(answers[i].finish, FinishReason::length);
  }
}

const Sampling kSampled = {
    .temperature = 1.3, .top_k = 50, .top_p = 0.95, .repetition_penalty = 1.2, .seed = 9};

TEST(Engine, BatchingDoesNotChangeTokens) {
  const Decoder decoder = tiny_decoder();
  expect_batching_changes_nothing(decoder, some_requests({}));
  expect_batching_changes_nothing(decoder, some_requests(kSampled));
  expect_batching_changes_nothing(in_double(decoder), some_requests(kSampled));
}

TEST(Engine, SharingBeginningsDoesNotChangeTokens) {
  const Decoder decoder = tiny_decoder();
  expect_batching_changes_nothing(decoder, requests_with_headers({}));
  expect_batching_changes_nothing(decoder, requests_with_headers(kSampled));
  expect_batching_changes_nothing(in_double(decoder), requests_with_headers(kSampled));
}

TEST(Engine, TheTwoWaysOfComputingAgree) {
  const Decoder decoder = tiny_decoder(), wide = in_double(decoder);
  const std::vector<GenerationRequest> requests = requests_with_headers({});
  const std::vector<Generation> plain = generate(decoder, requests), tensors = generate(wide, requests);
  for (size_t i = 0; i < requests.size(); ++i)
    EXPECT_EQ(plain[i].tokens, tensors[i].tokens) << "request " << i;
}

// Logits in bfloat16 have eight bits: what batching changes in the last of them decides between tokens that are as likely.
TEST(Engine, InBfloat16TokensAreTheMostLikelyOnesOfTheFullForward) {
  const Decoder decoder = test::in_dtype(tiny_decoder(), at::kBFloat16);
  const std::vector<GenerationRequest> requests = requests_with_headers({});
  const std::vector<Generation> answers =
      generate(decoder, requests, {.max_sequences = 4, .token_budget = 6});
  const at::NoGradGuard no_gradients;
  for (size_t i = 0; i < requests.size(); ++i) {
    std::vector<int64_t> tokens(requests[i].prompt.begin(), requests[i].prompt.end());
    const auto prompt = static_cast<int64_t>(tokens.size());
    tokens.insert(tokens.end(), answers[i].tokens.begin(), answers[i].tokens.end());
    const auto count = static_cast<int64_t>(tokens.size()) - prompt;
    ASSERT_EQ(count, requests[i].max_new_tokens);
    const PackedBatch batch = make_packed_batch(tokens, {0, prompt + count}, at::kCPU);
    const at::Tensor logits =
        decoder.logits(decoder.forward(batch)).narrow(0, prompt - 1, count).to(at::kFloat);
    const at::Tensor chosen = logits.gather(1, at::tensor(tokens).narrow(0, prompt, count).unsqueeze(1));
    const float most = logits.abs().max().item<float>();
    EXPECT_LE((std::get<0>(logits.max(1, true)) - chosen).max().item<float>(), most / 64) << "request " << i;
  }
}

TEST(Engine, PlacedOverDevicesTokensAreTheSame) {
  const at::Device same(at::kCPU, 0);  // by another name
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Decoder decoder = test::in_dtype(tiny_decoder(), type);
    Parameters parameters(decoder.config(), type, Placement({at::kCPU, at::kCPU, same, same}));
    for (const ParameterInfo& info : parameters.table())
      parameters.at(info.name).copy_(decoder.parameters().at(info.name));
    const Decoder placed(decoder.config(), std::move(parameters));
    const std::vector<GenerationRequest> requests = requests_with_headers({});
    const std::vector<Generation> answers = generate(decoder, requests), again = generate(placed, requests);
    for (size_t i = 0; i < requests.size(); ++i)
      EXPECT_EQ(again[i].tokens, answers[i].tokens) << type << ", request " << i;
  }
}

TEST(Engine, ARepetitionPenaltyAlsoCountsForGreedyAnswers) {
  const Decoder decoder = tiny_decoder();
  GenerationRequest r{.prompt = random_tokens(1, 6), .max_new_tokens = 40};
  const auto distinct = [&] {
    const std::vector<int32_t> tokens = generate(decoder, std::span(&r, 1)).front().tokens;
    return std::set<int32_t>(tokens.begin(), tokens.end()).size();
  };
  const size_t free = distinct();
  r.sampling.repetition_penalty = 1e6;
  EXPECT_EQ(distinct(), 40U);
  EXPECT_LT(free, 40U);
}

TEST(Engine, SamplesFollowSeedAndRequest) {
  const Decoder decoder = tiny_decoder();
  GenerationRequest r{
      .prompt = {5, 6}, .max_new_tokens = 12, .stop_tokens = {}, .sampling = {.temperature = 2, .seed = 1}};
  const auto tokens = [&] { return generate(decoder, std::span(&r, 1)).front().tokens; };
  const auto first = tokens();
  EXPECT_EQ(first, tokens());
  r.sampling.seed = 2;
  EXPECT_NE(first, tokens());
  r.sampling.seed = 1;
  r.id = 1;
  EXPECT_NE(first, tokens());
}

TEST(Engine, AStopTokenEndsTheAnswerAndIsNotPartOfIt) {
  const Decoder decoder = tiny_decoder();
  GenerationRequest r{.prompt = random_tokens(3, 5), .max_new_tokens = 20};
  const std::vector<int32_t> free = generate(decoder, std::span(&r, 1)).front().tokens;
  const auto first = std::find(free.begin(), free.end(), free[7]) - free.begin();
  r.stop_tokens = {free[7]};
  const Generation stopped = generate(decoder, std::span(&r, 1)).front();
  EXPECT_EQ(stopped.finish, FinishReason::stop_token);
  EXPECT_EQ(stopped.tokens, std::vector<int32_t>(free.begin(), free.begin() + first));
}

TEST(Engine, TheCallbackSeesEveryTokenAndMayStop) {
  const Decoder decoder = tiny_decoder();
  const std::vector<GenerationRequest> requests = some_requests({});
  std::vector<std::vector<int32_t>> seen(requests.size());
  EngineHooks hooks;
  hooks.on_token = [&](size_t r, int32_t token) {
    seen[r].push_back(token);
    return r != 4 || seen[r].size() < 2;
  };
  const std::vector<Generation> answers = generate(decoder, requests, {}, hooks);
  for (size_t i = 0; i < requests.size(); ++i) EXPECT_EQ(seen[i], answers[i].tokens);
  EXPECT_EQ(answers[4].tokens.size(), 2U);
  EXPECT_EQ(answers[4].finish, FinishReason::stopped);
}

TEST(Engine, TheContextsEndFinishesARequest) {
  const Decoder decoder = tiny_decoder();
  const GenerationRequest r{.prompt = random_tokens(1, 60), .max_new_tokens = 1 << 30};
  const Generation answer = generate(decoder, std::span(&r, 1)).front();
  EXPECT_EQ(answer.finish, FinishReason::context);
  EXPECT_EQ(answer.tokens.size(), 4U);  // 64 in all
  EXPECT_EQ(answer.tokens, slow_greedy(decoder, r.prompt, 4));
}

TEST(Engine, MemoryForTheCacheBoundsTheSequencesNotTheAnswers) {
  const Decoder decoder = tiny_decoder();
  const std::vector<GenerationRequest> requests = some_requests({});
  // 2 x 2 layers x 2 KV heads x 8 x 4 bytes = 256 a token.
  const std::vector<Generation> bounded = generate(decoder, requests, {.kv_memory_bytes = 256 * 80});
  const std::vector<Generation> free = generate(decoder, requests);
  for (size_t i = 0; i < requests.size(); ++i) EXPECT_EQ(bounded[i].tokens, free[i].tokens);
  test::expect_error(ErrorKind::resource, "512 are allowed",
                     [&] { generate(decoder, requests, {.kv_memory_bytes = 512}); });
}

TEST(Engine, BadRequestsAreRefusedBeforeTheFirstPass) {
  const Decoder decoder = tiny_decoder();
  const auto refuse = [&](ErrorKind kind, const GenerationRequest& bad, const std::string& words) {
    int tokens = 0;
    EngineHooks hooks;
    hooks.on_token = [&](size_t, int32_t) { return ++tokens > 0; };
    const std::vector<GenerationRequest> requests = {{.prompt = {1}}, bad};
    test::expect_error(kind, words, [&] { generate(decoder, requests, {}, hooks); });
    test::expect_error(kind, "request 1", [&] { generate(decoder, requests, {}, hooks); });
    EXPECT_EQ(tokens, 0);
  };
  refuse(ErrorKind::input, {.prompt = {}}, "no token");
  refuse(ErrorKind::input, {.prompt = {97}}, "token 97 in a vocabulary of 97");
  refuse(ErrorKind::input, {.prompt = {-1}}, "token -1");
  refuse(ErrorKind::input, {.prompt = random_tokens(0, 64)}, "64 tokens, the longest sequence is 64");
  refuse(ErrorKind::usage, {.prompt = {1}, .max_new_tokens = 0}, "0 new tokens");
}

TEST(Engine, AStopRequestInterrupts) {
  const Decoder decoder = tiny_decoder();
  StopFlag stop;
  EngineHooks hooks;
  hooks.stop = &stop;
  int64_t tokens = 0;
  hooks.on_token = [&](size_t, int32_t) {
    if (++tokens == 5) stop.request();
    return true;
  };
  const GenerationRequest r{.prompt = {1, 2}, .max_new_tokens = 50};
  test::expect_error(ErrorKind::interrupted, "generation",
                     [&] { generate(decoder, std::span(&r, 1), {}, hooks); });
  EXPECT_EQ(tokens, 5);
}

TEST(Engine, LogitsThatAreNotFiniteAreAnError) {
  const Decoder decoder = tiny_decoder();
  decoder.parameters().at("model.norm.weight").fill_(std::numeric_limits<float>::quiet_NaN());
  const GenerationRequest r{.prompt = {1, 2}};
  test::expect_error(ErrorKind::input, "not finite", [&] { generate(decoder, std::span(&r, 1)); });
}

TEST(Engine, NoRequestIsNoWork) { EXPECT_TRUE(generate(tiny_decoder(), {}).empty()); }

}  // namespace evergreen
