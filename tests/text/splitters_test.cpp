#include "evergreen/text/splitters.hpp"

#include <random>

#include <gtest/gtest.h>

#include "evergreen/text/pattern.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

std::vector<std::string> by_hand(KnownPattern pattern, std::string_view text) {
  std::vector<std::string> words;
  const char* const end = text.data() + text.size();
  with_splitter(pattern, end, [&](const auto& splitter) {
    for (const char* at = text.data(); at < end;) {
      const char* const next = splitter.next(at);
      words.emplace_back(at, next);
      at = next;
    }
  });
  return words;
}

class Splitters : public testing::TestWithParam<KnownPattern> {
 protected:
  std::vector<std::string> by_pattern(std::string_view text) const {
    Pattern::Search search(pattern_);
    std::vector<std::string> words;
    for_each_match(
        text,
        [&](std::string_view in, size_t from, Pattern::Match& match) { return search.next(in, from, match); },
        [&](const Pattern::Match& match) {
          words.emplace_back(text.substr(match.begin, match.end - match.begin));
        });
    return words;
  }

 private:
  Pattern pattern_{pattern_text(GetParam()), "test"};
};

TEST_P(Splitters, EveryCodePointSplitsAsTheCompiledPatternSays) {
  std::string text;
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    for (const char* around : {"a", "1 ", " ", "'", "\n", "! ", "  "}) {
      append_utf8(text, code);
      text += around;
    }
    if (code % 64 == 63) {
      ASSERT_EQ(by_hand(GetParam(), text), by_pattern(text))
          << "in the 64 code points before " << static_cast<uint32_t>(code);
      text.clear();
    }
  }
}

TEST_P(Splitters, RandomTextsSplitAsTheCompiledPatternSays) {
  static constexpr const char* kPieces[] = {"a",      "Bc",      "letters",
                                            " ",      "  ",      "\n",
                                            "\r\n",   "\t",      "'s",
                                            "'LL",    "'re",     "'ve",
                                            "'m",     "'",       "1",
                                            "2345",   "!",       "?!",
                                            "_",      "é",       "日",
                                            "\u017F", "'\u017F", "\u00A0",
                                            "\u0301", "½",       "٣",
                                            "\u2028", "\x85",    "\u0085",
                                            "\x1c",   "😀",       "abcdefghijklmnop"};
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
    if (valid_utf8_prefix(text) != text.size()) continue;  // "\x85" alone is half a character
    ASSERT_EQ(by_hand(GetParam(), text), by_pattern(text)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Patterns, Splitters,
                         testing::Values(KnownPattern::gpt2, KnownPattern::llama3, KnownPattern::qwen2));

TEST(KnownPattern, IsFoundByItsText) {
  EXPECT_EQ(known_pattern(pattern_text(KnownPattern::qwen2)), KnownPattern::qwen2);
  EXPECT_EQ(known_pattern(R"(\s+)"), std::nullopt);
}

}  // namespace
}  // namespace evergreen
