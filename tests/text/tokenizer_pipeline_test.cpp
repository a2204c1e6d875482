// Goldens of `tokenizers` 0.23.3 (tools/make_tokenizer_goldens.py): families of tokenizers, and random compositions.
#include <algorithm>

#include <gtest/gtest.h>

#include "evergreen/text/tokenizer.hpp"
#include "tests/text/golden_cases.hpp"

namespace evergreen {
namespace {

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  const std::string ending = ".cases.json";
  for (const auto& entry : fs::directory_iterator(test::golden_path("text/tokenizers"))) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(ending)) names.push_back(name.substr(0, name.size() - ending.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

class TokenizerPipeline : public testing::TestWithParam<std::string> {
 protected:
  Tokenizer tokenizer =
      Tokenizer::from_json(read_text(test::golden_path("text/tokenizers/" + GetParam() + ".tokenizer.json")));
  OrderedJson cases = test::golden_json("tokenizers/" + GetParam() + ".cases.json")["cases"];

  void expect_equal(const std::string& text, const OrderedJson& one, const std::string& key,
                    const EncodeOptions& options) {
    EXPECT_EQ(tokenizer.encode(text, options), one[key].get<std::vector<int32_t>>()) << text;
    const Tokenizer::Encoding encoding = tokenizer.encode_with_offsets(text, options);
    EXPECT_EQ(encoding.ids, one[key].get<std::vector<int32_t>>()) << text;
    std::vector<size_t> places;
    for (const Tokenizer::Span& span : encoding.spans) places.insert(places.end(), {span.begin, span.end});
    EXPECT_EQ(places, one[key + "_spans"].get<std::vector<size_t>>()) << text;
  }

  std::string streamed(const std::vector<int32_t>& ids) {
    StreamDecoder stream(tokenizer);
    std::string all;
    for (const int32_t id : ids) {
      const std::string part = stream.push(id);
      EXPECT_NO_THROW(OrderedJson(part).dump()) << "not well-formed UTF-8";
      all += part;
    }
    return all + stream.finish();
  }
};

TEST_P(TokenizerPipeline, IdsOffsetsAndTextsEqualThoseOfTokenizers) {
  ASSERT_GT(cases.size(), 20u);
  for (const auto& one : cases) {
    const bool random = one.contains("random_ids");
    const auto ids = one[random ? "random_ids" : "ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(tokenizer.decode(ids), one["decoded"].get<std::string>());
    EXPECT_EQ(streamed(ids), one["decoded"].get<std::string>());
    if (random) continue;
    const std::string text = test::from_hex(one["bytes"]);
    expect_equal(text, one, "ids", {});
    expect_equal(text, one, "plain", {.add_special_tokens = false, .allow_special = false});
    EXPECT_EQ(tokenizer.decode(ids, true), one["skipped"].get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, TokenizerPipeline, testing::ValuesIn(golden_names()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace evergreen
