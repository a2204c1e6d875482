#include "evergreen/text/bpe_trainer.hpp"

#include <gtest/gtest.h>

#include "evergreen/text/tokenizer.hpp"
#include "tests/support/errors.hpp"
#include "tests/text/golden_cases.hpp"

namespace evergreen {
namespace {

using test::expect_error;

std::vector<std::string> corpus_lines() {
  return test::golden_json("corpus.json").get<std::vector<std::string>>();
}

void expect_same_vocabulary(const std::string& golden_name, const BpeTrainOptions& options) {
  const OrderedJson golden = test::golden_json(golden_name);
  const OrderedJson trained = OrderedJson::parse(train_bpe(corpus_lines(), options));
  EXPECT_EQ(trained["model"]["merges"], golden["merges"]);
  EXPECT_EQ(Json(trained["model"]["vocab"]), Json(golden["vocab"]));
}

TEST(BpeTrainer, MergesEqualThoseOfTokenizersWithLlama3sPattern) {
  expect_same_vocabulary(
      "trained_llama.json",
      {.vocab_size = 800, .special_tokens = {"<|begin_of_text|>", "<|eot_id|>"}, .min_frequency = 2});
}

TEST(BpeTrainer, MergesEqualThoseOfTokenizersWithQwen2sPattern) {
  expect_same_vocabulary("trained_qwen.json", {.vocab_size = 2000,
                                               .pattern = kQwen2Pattern,
                                               .special_tokens = {"<|endoftext|>"},
                                               .min_frequency = 3,
                                               .nfc = true});
}

TEST(BpeTrainer, TheTokenizerItMakesReadsBackWhatItWasTrainedOn) {
  const std::string file = train_bpe(corpus_lines(), {.vocab_size = 700,
                                                      .special_tokens = {"<|begin_of_text|>", "<|eot_id|>"},
                                                      .begin_token = "<|begin_of_text|>"});
  const std::string config = make_tokenizer_config_json(
      {.bos_token = "<|begin_of_text|>", .eos_token = "<|eot_id|>", .chat_template = "{{ messages }}"});
  const Tokenizer tokenizer = Tokenizer::from_json(file, config);
  EXPECT_EQ(tokenizer.vocab_size(), 700);
  EXPECT_EQ(tokenizer.bos_id(), 0);
  EXPECT_EQ(tokenizer.eos_id(), 1);
  for (const std::string& line : corpus_lines()) {
    const std::vector<int32_t> ids = tokenizer.encode(line);
    EXPECT_EQ(ids.front(), 0);
    EXPECT_EQ(tokenizer.decode(ids, true), line);
  }
  EXPECT_LT(tokenizer.encode("Ada Lindqvist opened the harbour").size(), 8u);
}

TEST(BpeTrainer, AnyByteHasAToken) {
  const Tokenizer tokenizer =
      Tokenizer::from_json(train_bpe(std::vector<std::string>{"only ascii here"}, {.vocab_size = 300}));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("日本 \x01 é")), "日本 \x01 é");
}

TEST(BpeTrainer, AVocabularyEndsWhereNoPairIsFrequentEnough) {
  const Tokenizer tokenizer =
      Tokenizer::from_json(train_bpe(std::vector<std::string>{"abab"}, {.vocab_size = 5000}));
  EXPECT_EQ(tokenizer.vocab_size(), 257);
}

TEST(BpeTrainer, ContradictingSettingsAreErrors) {
  const std::vector<std::string> texts = {"a"};
  expect_error(ErrorKind::input, "it takes at least 257",
               [&] { train_bpe(texts, {.vocab_size = 256, .special_tokens = {"<s>"}}); });
  expect_error(ErrorKind::input, "must be different", [&] {
    train_bpe(texts, {.special_tokens = {"a", "a"}});
  });
  expect_error(ErrorKind::input, "begin_token '<s>' is not one of the special tokens",
               [&] { train_bpe(texts, {.begin_token = "<s>"}); });
  expect_error(ErrorKind::input, "cannot be compiled", [&] { train_bpe(texts, {.pattern = "(a"}); });
}

}  // namespace
}  // namespace evergreen
