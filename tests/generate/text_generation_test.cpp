#include "evergreen/generate/text_generation.hpp"

#include <gtest/gtest.h>

#include "tests/generate/tiny_text_model.hpp"

namespace evergreen {
namespace {

TextAnswer answer(const TextModel& model, const TextRequest& request, const TextHooks& hooks = {}) {
  return generate_text(model, std::span(&request, 1), {}, hooks).front();
}

TextRequest request_for(const TextModel& model, const std::string& prompt) {
  return {.prompt = encode_prompt(model, prompt), .max_new_tokens = 30};
}

}  // namespace

TEST(TextGeneration, TheTextIsThatOfTheTokensWithoutSpecialOnes) {
  const TextModel model = test::tiny_text_model();
  const TextAnswer a = answer(model, request_for(model, "the town"));
  EXPECT_EQ(a.text, model.tokenizer.decode(a.tokens, true));
  EXPECT_FALSE(a.text.empty());
}

TEST(TextGeneration, PiecesJoinToTheAnswer) {
  const TextModel model = test::tiny_text_model();
  std::vector<TextRequest> requests;
  for (const std::string& text : test::tiny_texts())
    requests.push_back(request_for(model, text.substr(0, 20)));
  std::vector<std::string> streamed(requests.size());
  TextHooks hooks;
  hooks.on_text = [&](size_t r, std::string_view piece) {
    EXPECT_FALSE(piece.empty());
    streamed[r] += piece;
    return true;
  };
  const std::vector<TextAnswer> answers = generate_text(model, requests, {}, hooks);
  for (size_t i = 0; i < requests.size(); ++i) EXPECT_EQ(streamed[i], answers[i].text);
}

TEST(TextGeneration, AStopStringCutsTheTextWhereverItFalls) {
  const TextModel model = test::tiny_text_model();
  TextRequest request = request_for(model, "the town");
  const std::string free = answer(model, request).text;
  ASSERT_GT(free.size(), 12U);
  for (size_t first = 0; first + 3 <= 12; ++first) {
    request.stop_strings = {free.substr(first, 3)};
    const TextAnswer stopped = answer(model, request);
    EXPECT_EQ(stopped.text, free.substr(0, free.find(request.stop_strings[0])));
    EXPECT_EQ(stopped.finish, "stop_string");
  }
}

TEST(TextGeneration, ASpecialTokenAsStopStringStopsAtTheToken) {
  const TextModel model = test::tiny_text_model();
  TextRequest request = request_for(model, "the town");
  request.max_new_tokens = 1;
  request.stop_strings = {"<|user|>"};
  // The head is tied: a hidden state of the token itself, scaled, makes it the most likely next one.
  model.decoder->parameters().at("model.embed_tokens.weight").select(0, 2).mul_(50);
  request.prompt = {2};
  const TextAnswer a = answer(model, request);
  EXPECT_EQ(a.finish, "stop_token");
  EXPECT_EQ(a.text, "");
}

TEST(TextGeneration, TheCallbackEndsAnAnswer) {
  const TextModel model = test::tiny_text_model();
  int pieces = 0;
  TextHooks hooks;
  hooks.on_text = [&](size_t, std::string_view) { return ++pieces < 3; };
  const TextAnswer a = answer(model, request_for(model, "the town"), hooks);
  EXPECT_EQ(pieces, 3);
  EXPECT_EQ(a.finish, "stopped");
}

TEST(TextGeneration, AnswersEndWhereTheyAreWhenAsked) {
  const TextModel model = test::tiny_text_model();
  const std::vector<TextRequest> requests = {request_for(model, "the mayor"), request_for(model, "rain")};
  const std::vector<TextAnswer> free = generate_text(model, requests);
  StopFlag end;
  TextHooks hooks;
  hooks.end_answers = &end;
  hooks.on_text = [&](size_t, std::string_view) {
    end.request();
    return true;
  };
  const std::vector<TextAnswer> cut = generate_text(model, requests, {}, hooks);
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(cut[i].finish, "stopped");
    EXPECT_LT(cut[i].tokens.size(), free[i].tokens.size());
    EXPECT_TRUE(free[i].text.starts_with(cut[i].text));
  }
}

}  // namespace evergreen
