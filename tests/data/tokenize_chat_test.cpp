#include "evergreen/data/tokenize_chat.hpp"

#include <gtest/gtest.h>

#include "evergreen/data/token_store.hpp"
#include "evergreen/text/bpe_trainer.hpp"
#include "evergreen/text/tokenizer.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
class TokenizeChatTest : public testing::Test {
 protected:
  void SetUp() override {
    BpeTrainOptions options;
    options.vocab_size = 300;
    options.special_tokens = {"<|im_start|>", "<|im_end|>"};
    fs::create_directories(dir_ / "model");
    fs::create_directories(dir_ / "out");
    replace_file(dir_ / "model/tokenizer.json",
                 train_bpe(std::vector<std::string>{"user assistant hello world"}, options));
    TokenizerConfigOptions config;
    config.eos_token = "<|im_end|>";
    replace_file(dir_ / "model/tokenizer_config.json", make_tokenizer_config_json(config));
    replace_file(dir_ / "model/chat_template.jinja",
                 "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + "
                 "'<|im_end|>\\n' }}{% endfor %}"
                 "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}");
  }
  ChatTokenizeReport run(const std::string& lines) {
    replace_file(dir_ / "c.jsonl", lines);
    return tokenize_chats({dir_ / "c.jsonl"}, dir_ / "model", dir_ / "out", {300, 0.0, 0});
  }
  TempDir dir_;
};
}  // namespace

TEST_F(TokenizeChatTest, OnlyTheAssistantsTurnsAreTargets) {
  run(R"({"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "world"}]})");
  const Tokenizer tokenizer = load_tokenizer(dir_ / "model");
  std::vector<int32_t> learned, context;
  for (const uint32_t token : TokenStore(dir_ / "out/train").read_all(0)) {
    ((token & kContextOnly) != 0 ? context : learned).push_back(static_cast<int32_t>(token & ~kContextOnly));
  }
  EXPECT_EQ(tokenizer.decode(learned), "world<|im_end|>");
  EXPECT_EQ(tokenizer.decode(context), "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n\n");
}

TEST_F(TokenizeChatTest, BadConversationsAreNamedWithFileAndLine) {
  const std::string good =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": "
      "\"b\"}]}\n";
  expect_error(ErrorKind::input, "c.jsonl, line 2", [&] { run(good + "{\"text\": \"no\"}\n"); });
  expect_error(ErrorKind::input, "'messages' is not a list", [&] { run(good + "{\"messages\": 3}\n"); });
  expect_error(ErrorKind::input, "c.jsonl, line 1", [&] { run("nonsense\n"); });
}

}  // namespace evergreen
