#include "evergreen/generate/text_model.hpp"

#include <gtest/gtest.h>

#include "evergreen/checkpoint/writer.hpp"
#include "evergreen/generate/engine.hpp"
#include "tests/generate/tiny_text_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::tiny_text_model;

}  // namespace

TEST(TextModel, ARawPromptGetsTheTokenizersBosOnce) {
  const TextModel model = tiny_text_model();
  const std::vector<int32_t> plain = encode_prompt(model, "the town");
  EXPECT_EQ(plain.front(), 0);
  EXPECT_EQ(encode_prompt(model, "<s>the town"), plain);
  EXPECT_NE(plain.at(1), 0);
  EXPECT_EQ(encode_prompt(model, ""), std::vector<int32_t>{0});
}

TEST(TextModel, ATokenizerWithoutBosAddsNone) {
  const TextModel model = tiny_text_model(1, "");
  EXPECT_NE(encode_prompt(model, "the town").front(), 0);
  EXPECT_TRUE(encode_prompt(model, "").empty());
  EXPECT_EQ(prefix_token(model), 0);  // config.json names one
}

TEST(TextModel, AConversationIsTheTemplatesTextAndNothingElse) {
  const TextModel model = tiny_text_model();
  const std::vector<ChatMessage> messages = {{"user", "who ?"}};
  const std::string text = render_chat(model, messages);
  EXPECT_EQ(text, "<s><|user|>who ?<|end|><|assistant|>");
  const std::vector<int32_t> tokens = encode_rendered(model, text);
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), 0), 1);
  EXPECT_EQ(tokens.back(), 3);
  EXPECT_EQ(model.tokenizer.decode(tokens), text);
}

TEST(TextModel, StopTokensAreThoseOfAllFiles) {
  const test::TempDir dir;
  test::write_tiny_tokenizer(dir.path());
  replace_file(dir / "generation_config.json", R"({"eos_token_id": [4, 1]})");
  const int64_t vocab_size = load_tokenizer(dir.path()).vocab_size();
  auto decoder = std::make_shared<const Decoder>(test::tiny_decoder(1, test::tiny_text_config(vocab_size)));
  EXPECT_EQ(make_text_model("m", decoder, dir.path()).stop_tokens, (std::vector<int32_t>{1, 4, 5}));
}

TEST(TextModel, LoadsWhatADirectoryHolds) {
  const test::TempDir dir;
  test::write_tiny_tokenizer(dir.path());
  const ModelConfig config = test::tiny_text_config(load_tokenizer(dir.path()).vocab_size());
  const Decoder decoder = test::tiny_decoder(3, config);
  const fs::path path = dir / "model";
  CheckpointWriter writer(path, tensor_plan(config, Dtype::f32));
  write_parameters(decoder.parameters(), writer);
  writer.put_file("config.json", make_config_json(config));
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"})
    ASSERT_TRUE(writer.copy_file(dir / name));
  writer.publish();
  const TextModel model = load_text_model(path);
  const GenerationRequest request{.prompt = {0, 7, 9}, .max_new_tokens = 9};
  EXPECT_EQ(generate(*model.decoder, std::span(&request, 1)).front().tokens,
            generate(decoder, std::span(&request, 1)).front().tokens);
}

TEST(TextModel, ATokenizerThatIsTooLargeForTheModelIsAnError) {
  const test::TempDir dir;
  test::write_tiny_tokenizer(dir.path());
  auto decoder = std::make_shared<const Decoder>(test::tiny_decoder());  // 97 tokens
  test::expect_error(ErrorKind::input, "tokens, the model 97",
                     [&] { make_text_model("m", decoder, dir.path()); });
}

TEST(TextModel, AModelWithoutTemplateCannotChat) {
  TextModel model = tiny_text_model();
  model.chat_template.reset();
  test::expect_error(ErrorKind::usage, "no chat template", [&] {
    render_chat(model, std::vector<ChatMessage>{{"user", "a"}});
  });
}

}  // namespace evergreen
