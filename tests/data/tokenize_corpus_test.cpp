#include "evergreen/data/tokenize_corpus.hpp"

#include <gtest/gtest.h>

#include "evergreen/text/bpe_trainer.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
class TokenizeCorpusTest : public testing::Test {
 protected:
  static Tokenizer make_tokenizer() {
    BpeTrainOptions options;
    options.vocab_size = 300;
    options.special_tokens = {"<s>", "</s>"};
    options.begin_token = "<s>";
    return Tokenizer::from_json(
        train_bpe(std::vector<std::string>{"the cat sat on the mat", "the dog sat on the log"}, options));
  }
  TokenizeOptions options() const {
    TokenizeOptions o;
    o.marks = document_marks(tokenizer_, 1);
    o.vocab_size = tokenizer_.vocab_size();
    o.held_out = 0.3;
    return o;
  }
  TokenizeReport run(const fs::path& corpus, const TokenizeOptions& o) {
    fs::create_directories(dir_ / "out");
    return tokenize_corpus(corpus, tokenizer_, dir_ / "out", o);
  }
  void write_documents(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i)
      lines += "{\"text\": \"the cat sat on mat number " + std::to_string(i) + "\"}\n";
    replace_file(dir_ / "c.jsonl", lines);
  }
  TempDir dir_;
  Tokenizer tokenizer_ = make_tokenizer();
};
}  // namespace

TEST_F(TokenizeCorpusTest, DocumentsAreMarkedAndSplitByNumberAndSeed) {
  write_documents(100);
  const TokenizeReport report = run(dir_ / "c.jsonl", options());
  EXPECT_EQ(report.documents + report.held_out_documents, 100);
  EXPECT_GT(report.held_out_documents, 15);
  EXPECT_LT(report.held_out_documents, 45);
  const TokenStore train(dir_ / "out/train.tok"), held_out(dir_ / "out/held_out.tok");
  EXPECT_EQ(train.tokens(), report.tokens);
  const std::vector<uint32_t> first = train.read_all(0);
  EXPECT_EQ(first.front(), 0U);
  EXPECT_EQ(first.back(), 1U);
  const std::vector<int32_t> ids(first.begin() + 1, first.end() - 1);
  EXPECT_EQ(tokenizer_.decode(ids).substr(0, 22), "the cat sat on mat num");
  const Hash128 hash = train.hash();
  run(dir_ / "c.jsonl", options());
  EXPECT_EQ(TokenStore(dir_ / "out/train.tok").hash(), hash);
  TokenizeOptions other = options();
  other.seed = 1;
  run(dir_ / "c.jsonl", other);
  EXPECT_FALSE(TokenStore(dir_ / "out/train.tok").hash() == hash);
}

TEST_F(TokenizeCorpusTest, SpecialTokensInTheTextAreText) {
  replace_file(dir_ / "c.jsonl", "{\"text\": \"the </s> cat\"}\n{\"text\": \"the dog\"}\n");
  TokenizeOptions o = options();
  o.held_out = 0;
  run(dir_ / "c.jsonl", o);
  const std::vector<uint32_t> tokens = TokenStore(dir_ / "out/train.tok").read_all(0);
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), 1U), 1);
}

TEST_F(TokenizeCorpusTest, OneLongDocumentHasItsEndHeldOut) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "the cat sat on the mat. ";
  replace_file(dir_ / "book.txt", text);
  TokenizeOptions o = options();
  o.held_out = 0.0001;  // draws no document
  o.seed = 5;
  const TokenizeReport report = run(dir_ / "book.txt", o);
  EXPECT_EQ(report.documents, 1);
  EXPECT_EQ(report.held_out_documents, 1);
  EXPECT_LT(report.held_out_tokens, 20);
}

TEST_F(TokenizeCorpusTest, MaxTokensStopsReading) {
  write_documents(100);
  TokenizeOptions o = options();
  o.held_out = 0;
  o.max_tokens = 50;
  const TokenizeReport report = run(dir_ / "c.jsonl", o);
  EXPECT_GE(report.tokens, 50);
  EXPECT_LT(report.tokens, 80);
}

TEST_F(TokenizeCorpusTest, ATokenizerLargerThanTheModelIsRefused) {
  write_documents(10);
  TokenizeOptions o = options();
  o.vocab_size = 100;
  expect_error(ErrorKind::input, "the model has 100 rows", [&] { run(dir_ / "c.jsonl", o); });
}

}  // namespace evergreen
