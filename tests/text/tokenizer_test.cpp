#include "evergreen/text/tokenizer.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/text/golden_cases.hpp"

namespace evergreen {
namespace {

using test::expect_error;
using test::golden_json;

Tokenizer golden_tokenizer(const std::string& family, std::string_view config = {}) {
  return Tokenizer::from_json(read_text(test::golden_path("text/" + family + ".tokenizer.json")), config);
}

// A golden file with one change.
Tokenizer changed(const std::string& family, const std::function<void(OrderedJson&)>& change) {
  OrderedJson root = golden_json(family + ".tokenizer.json");
  change(root);
  return Tokenizer::from_json(root.dump());
}

class TokenizerGolden : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerGolden, IdsAndTextsEqualThoseOfTokenizers) {
  const Tokenizer tokenizer = golden_tokenizer(GetParam());
  const OrderedJson golden = golden_json(std::string(GetParam()) + ".cases.json");
  EXPECT_EQ(tokenizer.vocab_size(), golden["vocab_size"].get<int32_t>());
  ASSERT_GT(golden["cases"].size(), 100u);
  for (const auto& one : golden["cases"]) {
    if (one.contains("random_ids")) {
      EXPECT_EQ(tokenizer.decode(one["random_ids"].get<std::vector<int32_t>>()),
                one["decoded"].get<std::string>());
      continue;
    }
    const std::string text = test::from_hex(one["bytes"]);
    const std::vector<int32_t> ids = tokenizer.encode(text);
    EXPECT_EQ(ids, one["ids"].get<std::vector<int32_t>>()) << text;
    EXPECT_EQ(tokenizer.encode(text, {.add_special_tokens = false, .allow_special = false}),
              one["plain"].get<std::vector<int32_t>>())
        << text;
    EXPECT_EQ(tokenizer.decode(ids), one["decoded"].get<std::string>()) << text;
    EXPECT_EQ(tokenizer.decode(ids, true), one["skipped"].get<std::string>()) << text;
  }
}

TEST_P(TokenizerGolden, AStreamGivesTheSameTextAndNeverHalfACharacter) {
  const Tokenizer tokenizer = golden_tokenizer(GetParam());
  const OrderedJson golden = golden_json(std::string(GetParam()) + ".cases.json");
  for (const auto& one : golden["cases"]) {
    const auto ids = one[one.contains("ids") ? "ids" : "random_ids"].get<std::vector<int32_t>>();
    StreamDecoder stream(tokenizer);
    std::string all;
    for (const int32_t id : ids) {
      const std::string part = stream.push(id);
      EXPECT_NO_THROW(OrderedJson(part).dump()) << "not well-formed UTF-8";
      all += part;
    }
    all += stream.finish();
    EXPECT_EQ(all, one["decoded"].get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(Families, TokenizerGolden, testing::Values("llama", "qwen", "gpt2", "nfc"),
                         [](const auto& family) { return std::string(family.param); });

TEST(Tokenizer, IllFormedPartsAreReplacedAndCounted) {
  const Tokenizer tokenizer = golden_tokenizer("llama");
  std::vector<int32_t> ids;
  const EncodeOptions plain{.add_special_tokens = false};
  EXPECT_EQ(tokenizer.encode("ok", plain, ids), 0u);
  EXPECT_EQ(tokenizer.encode("a\xff\xe2\x82z", plain, ids), 2u);
  EXPECT_EQ(tokenizer.decode(ids), "oka\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST(Tokenizer, OffsetsAreBytesOfTheTextAsItWasGiven) {
  const Tokenizer tokenizer = golden_tokenizer("llama");
  const std::string text = "the\xff harbour \xe2\x82<|eot_id|>é";
  const Tokenizer::Encoding encoding = tokenizer.encode_with_offsets(text, {.add_special_tokens = true});
  EXPECT_EQ(encoding.ids, tokenizer.encode(text));
  EXPECT_EQ(encoding.replaced, 2u);
  ASSERT_EQ(encoding.spans.size(), encoding.ids.size());
  EXPECT_EQ(encoding.spans.front().end, 0u);  // <|begin_of_text|> is not in the text
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    const Tokenizer::Span span = encoding.spans[i];
    const std::string part = text.substr(span.begin, span.end - span.begin);
    for (const char* token : {"<|eot_id|>", "the"}) {
      if (encoding.ids[i] == tokenizer.token_to_id(token)) {
        EXPECT_EQ(part, token);
      }
    }
  }
  EXPECT_EQ(encoding.spans.back().end, text.size());
}

TEST(Tokenizer, EncodeAppends) {
  const Tokenizer tokenizer = golden_tokenizer("llama");
  std::vector<int32_t> ids = {-7};
  tokenizer.encode("the", {}, ids);
  EXPECT_EQ(ids.front(), -7);
  EXPECT_EQ(ids[1], tokenizer.token_to_id("<|begin_of_text|>"));
}

TEST(Tokenizer, TokensAreFoundByTheirWrittenFormAndById) {
  const Tokenizer tokenizer = golden_tokenizer("llama");
  const auto id = tokenizer.token_to_id("Ġthe");
  ASSERT_TRUE(id);
  EXPECT_EQ(tokenizer.id_to_token(*id), "Ġthe");
  EXPECT_EQ(tokenizer.token_bytes(*id), " the");
  EXPECT_FALSE(tokenizer.token_to_id("no such token"));
  EXPECT_FALSE(tokenizer.id_to_token(-1));
  EXPECT_FALSE(tokenizer.id_to_token(tokenizer.vocab_size()));
  EXPECT_EQ(tokenizer.token_bytes(tokenizer.vocab_size()), "");
  EXPECT_EQ(tokenizer.added_tokens().size(), 5u);
  EXPECT_TRUE(tokenizer.is_special(*tokenizer.token_to_id("<|eot_id|>")));
  EXPECT_FALSE(tokenizer.is_special(*id));
  ASSERT_EQ(tokenizer.prefix_ids().size(), 1u);
  EXPECT_EQ(tokenizer.suffix_ids().size(), 0u);
}

TEST(Tokenizer, TheConfigNamesTheSpecialTokens) {
  const Tokenizer tokenizer = golden_tokenizer(
      "llama",
      R"({"bos_token": "<|begin_of_text|>", "eos_token": {"content": "<|eot_id|>"}, "add_bos_token": true})");
  EXPECT_EQ(tokenizer.bos_id(), tokenizer.token_to_id("<|begin_of_text|>"));
  EXPECT_EQ(tokenizer.eos_token(), "<|eot_id|>");
  EXPECT_FALSE(tokenizer.pad_id());
  EXPECT_EQ(tokenizer.add_bos_token(), true);
  expect_error(ErrorKind::input, "eos_token '</s>' is not in the vocabulary",
               [] { golden_tokenizer("llama", R"({"eos_token": "</s>"})"); });
}

// Long words take another way through the merges than short ones, and must end at the same tokens.
TEST(Tokenizer, AMegabyteWithoutSpaceTakesNoLongerThanAMegabyteOfWords) {
  const Tokenizer tokenizer = golden_tokenizer("qwen");
  std::string text;
  while (text.size() < 1000000) text += "the" + std::string(1, static_cast<char>('a' + text.size() % 26));
  const double start = processor_seconds();
  const std::vector<int32_t> ids = tokenizer.encode(text);
  EXPECT_LT(processor_seconds() - start, 20);  // n squared: hours
  EXPECT_EQ(tokenizer.decode(ids), text);
  EXPECT_LT(ids.size(), text.size());
}

TEST(Tokenizer, AMillionCombiningMarksAreNormalisedInTime) {
  const Tokenizer tokenizer = golden_tokenizer("nfc");
  std::string text = "a";
  for (int i = 0; i < 300000; ++i) text += i % 2 == 0 ? "\u0301" : "\u0327";
  const double start = processor_seconds();
  EXPECT_GT(tokenizer.encode(text).size(), 1000u);
  EXPECT_LT(processor_seconds() - start, 20);
}

TEST(Tokenizer, ManyThreadsMayUseOne) {
  const Tokenizer tokenizer = golden_tokenizer("qwen");
  const std::vector<int32_t> expected = tokenizer.encode("Ada Lindqvist opened the harbour in spring.");
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i)
        wrong += tokenizer.encode("Ada Lindqvist opened the harbour in spring.") != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Tokenizer, WhatIsNotSupportedIsNamed) {
  const auto refuses = [](const std::string& words, const std::function<void(OrderedJson&)>& change) {
    expect_error(ErrorKind::input, words, [&] { changed("llama", change); });
  };
  refuses("the model type 'Unigram' is not supported", [](auto& j) { j["model"]["type"] = "Unigram"; });
  refuses("BPE dropout is not supported", [](auto& j) { j["model"]["dropout"] = 0.1; });
  refuses("the normalizer 'Nmt' is not supported", [](auto& j) { j["normalizer"] = {{"type", "Nmt"}}; });
  refuses("the pre_tokenizer 'BertPreTokenizer' is not supported", [](auto& j) {
    j["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  });
  refuses("the split behaviour 'Sideways' is not supported",
          [](auto& j) { j["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Sideways"; });
  refuses("the post_processor 'Other' is not supported", [](auto& j) {
    j["post_processor"] = {{"type", "Other"}};
  });
  refuses("a TemplateProcessing that repeats the text is not supported", [](auto& j) {
    j["post_processor"]["processors"][1]["single"].push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  });
  refuses("the decoder 'CTC' is not supported", [](auto& j) { j["decoder"] = {{"type", "CTC"}}; });
  // One error names all of it.
  refuses(
      "BPE dropout is not supported; the normalizer 'Nmt' is not supported; '\\h' at byte 1 of the pattern",
      [](auto& j) {
        j["model"]["dropout"] = 0.1;
        j["normalizer"] = {{"type", "Nmt"}};
        j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\h+";
      });
  refuses("'}+' at byte 6 of the pattern '\\p{N}{1}+' is not supported",
          [](auto& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\p{N}{1}+"; });
}

TEST(Tokenizer, ContradictionsInTheFileAreErrors) {
  const auto refuses = [](const std::string& words, const std::function<void(OrderedJson&)>& change) {
    expect_error(ErrorKind::input, words, [&] { changed("llama", change); });
  };
  refuses("'nope' occurs in a merge but not in the vocabulary", [](auto& j) {
    j["model"]["merges"].push_back({"nope", "a"});
  });
  refuses("is not two tokens with a space between", [](auto& j) { j["model"]["merges"].push_back("a b c"); });
  refuses("two tokens have the id 5", [](auto& j) { j["model"]["vocab"]["!"] = 5; });
  refuses("is out of range", [](auto& j) { j["model"]["vocab"]["!"] = 2000000000; });
  refuses("has the id 77, but in this vocabulary it must be",
          [](auto& j) { j["added_tokens"][0]["id"] = 77; });
  refuses("'model' is missing", [](auto& j) { j.erase("model"); });
  refuses("the vocabulary is empty", [](auto& j) {
    j["model"]["vocab"] = OrderedJson::object();
    j["model"]["merges"] = OrderedJson::array();
    j["added_tokens"] = OrderedJson::array();
    j["post_processor"] = nullptr;
  });
  expect_error(ErrorKind::input, "not valid JSON", [] { Tokenizer::from_json("{"); });
  expect_error(ErrorKind::input, "zero byte", [] { Tokenizer::from_json(std::string_view("{}\0", 3)); });
  expect_error(ErrorKind::input, "occurs twice", [] { Tokenizer::from_json(R"({"model": 1, "model": 2})"); });
  expect_error(ErrorKind::input, "the name 'zz' occurs twice",
               [] { Tokenizer::from_json(R"({"model": {"vocab": {"zz": 1, "zz": 2}, "merges": []}})"); });
  expect_error(ErrorKind::input, "an id in 'vocab' is not a whole number",
               [] { Tokenizer::from_json(R"({"model": {"vocab": {"zz": "1"}, "merges": []}})"); });
  expect_error(ErrorKind::input, "merge 1 is neither 'a b' nor ['a', 'b']", [] {
    Tokenizer::from_json(R"({"model": {"vocab": {"a": 1}, "merges": [["a", "b", "c"]]}})");
  });
}

TEST(LoadTokenizer, ReadsADirectoryAndSaysWhatIsMissing) {
  const test::TempDir dir;
  expect_error(ErrorKind::input, "there is no tokenizer.json in this directory",
               [&] { load_tokenizer(dir.path()); });
  replace_file(dir / "tokenizer.model", "x");
  expect_error(ErrorKind::input, "convert its tokenizer.model", [&] { load_tokenizer(dir.path()); });
  replace_file(dir / "tokenizer.json", read_text(test::golden_path("text/qwen.tokenizer.json")));
  EXPECT_FALSE(load_tokenizer(dir.path()).eos_id());
  replace_file(dir / "special_tokens_map.json",
               R"({"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"})");
  replace_file(dir / "tokenizer_config.json",
               R"({"eos_token": "<|im_end|>", "bos_token": null, "add_bos_token": false})");
  const Tokenizer tokenizer = load_tokenizer(dir.path());
  EXPECT_EQ(tokenizer.eos_token(), "<|im_end|>");  // tokenizer_config.json wins
  EXPECT_EQ(tokenizer.pad_id(), tokenizer.token_to_id("<|endoftext|>"));
  EXPECT_EQ(tokenizer.add_bos_token(), false);
}

}  // namespace
}  // namespace evergreen
