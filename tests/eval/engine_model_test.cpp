#include "evergreen/eval/engine_model.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/generate/score.hpp"
#include "tests/generate/tiny_text_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::tiny_text_model;

double direct(const TextModel& model, const std::vector<int32_t>& context,
              const std::vector<int32_t>& continuation) {
  const ScoreRequest request{context, continuation};
  return score(*model.decoder, std::span(&request, 1)).front().log_likelihood;
}

Answer likelihood(EngineModel& model, const Prompt& prompt, const std::string& continuation) {
  const LikelihoodRequest request{prompt, continuation};
  return model.likelihood(std::span(&request, 1), {}).front();
}

}  // namespace

TEST(EngineModel, APairIsEncodedAsOneTextAndSplitAtTheContext) {
  const TextModel text = tiny_text_model();
  EngineModel model(text);
  const std::vector<int32_t> whole = encode_prompt(text, "who opened the bridge"),
                             before = encode_prompt(text, "who opened");
  const double expected =
      direct(text, before, {whole.begin() + static_cast<int64_t>(before.size()), whole.end()});
  const Answer a = likelihood(model, {"who opened", {}}, " the bridge");
  EXPECT_DOUBLE_EQ(a.log_likelihood, expected);
  EXPECT_EQ(a.tokens, static_cast<int64_t>(whole.size() - before.size()));
  // White space at the end of the context belongs to the continuation.
  EXPECT_DOUBLE_EQ(likelihood(model, {"who opened ", {}}, "the bridge").log_likelihood, expected);
}

TEST(EngineModel, AnEmptyContextIsThePrefixToken) {
  const TextModel text = tiny_text_model();
  EngineModel model(text);
  EXPECT_DOUBLE_EQ(likelihood(model, {"", {}}, "the town").log_likelihood,
                   direct(text, {0}, encode_rendered(text, "the town")));
}

TEST(EngineModel, AConversationHasItsBosOnceAndTheSystemPrompt) {
  const TextModel text = tiny_text_model();
  EngineModelOptions options;
  options.system_prompt = "rain";
  EngineModel model(text, options);
  const auto before = encode_rendered(text, "<s><|system|>rain<|end|><|user|>who ?<|end|><|assistant|>");
  EXPECT_DOUBLE_EQ(likelihood(model, {{}, {{"user", "who ?"}}}, "the mayor").log_likelihood,
                   direct(text, before, encode_rendered(text, "the mayor")));
  const auto own = encode_rendered(text, "<s><|system|>river<|end|><|user|>who ?<|end|><|assistant|>");
  EXPECT_DOUBLE_EQ(
      likelihood(model, {{}, {{"system", "river"}, {"user", "who ?"}}}, "the mayor").log_likelihood,
      direct(text, own, encode_rendered(text, "the mayor")));
}

TEST(EngineModel, RollingEqualsTheProductOfItsTokens) {
  const TextModel text = tiny_text_model();
  EngineModel model(text);
  const RollingRequest request{"rain fell on the town"};
  const auto tokens = encode_rendered(text, request.document);
  const Answer a = model.rolling(std::span(&request, 1), {}).front();
  EXPECT_DOUBLE_EQ(a.log_likelihood, direct(text, {0}, tokens));
  EXPECT_EQ(a.tokens, static_cast<int64_t>(tokens.size()));
}

TEST(EngineModel, GeneratesUntil) {
  const TextModel text = tiny_text_model();
  EngineModel model(text);
  GenerateUntilRequest request{{"who opened", {}}, {}, 20};
  const Answer free = model.generate_until(std::span(&request, 1), {}).front();
  EXPECT_EQ(free.dropped_tokens, 0);
  ASSERT_GT(free.text.size(), 6U);
  request.until = {free.text.substr(4, 2)};
  const Answer stopped = model.generate_until(std::span(&request, 1), {}).front();
  EXPECT_EQ(stopped.text, free.text.substr(0, free.text.find(request.until[0])));
  EXPECT_EQ(stopped.finish, "stop_string");
}

TEST(EngineModel, WhatIsTooLongLosesItsStartAndSaysSo) {
  const TextModel text = tiny_text_model();
  EngineModel model(text);
  std::string words;
  for (int i = 0; i < 80; ++i) words += " town";
  const auto prompt = static_cast<int64_t>(encode_prompt(text, words).size());
  const auto dropped = [&](int64_t max_new_tokens) {
    const GenerateUntilRequest request{{words, {}}, {}, max_new_tokens};
    return model.generate_until(std::span(&request, 1), {}).front().dropped_tokens;
  };
  EXPECT_EQ(dropped(20), prompt - 44);  // 64 in all
  EXPECT_EQ(dropped(60), prompt - 32);  // never below half
  EXPECT_EQ(likelihood(model, {words, {}}, " the").dropped_tokens, prompt - 64);
}

}  // namespace evergreen
