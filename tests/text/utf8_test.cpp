#include "evergreen/text/utf8.hpp"

#include <gtest/gtest.h>

namespace evergreen {
namespace {

TEST(Utf8, EveryCodePointGoesThroughAndBack) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_utf8(text, code);
    const Utf8Char back = decode_utf8(text, 0);
    ASSERT_EQ(back.code, code);
    ASSERT_EQ(back.bytes, text.size());
    ASSERT_EQ(static_cast<int>(back.status), static_cast<int>(Utf8Status::valid));
  }
}

TEST(Utf8, IllFormedPartsAreAsLongAsTheStandardSays) {
  const auto repaired = [](std::string_view text) {
    std::string out;
    const size_t count = append_replacing_ill_formed(out, text);
    return std::pair(count, out);
  };
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(repaired("ok"), std::pair(size_t{0}, std::string("ok")));
  EXPECT_EQ(repaired("\xE2\x82"), std::pair(size_t{1}, r));              // cut short: one
  EXPECT_EQ(repaired("\xE2\x82z"), std::pair(size_t{1}, r + "z"));       // the good beginning: one
  EXPECT_EQ(repaired("\xED\xA0\x80"), std::pair(size_t{3}, r + r + r));  // a surrogate: each byte
  EXPECT_EQ(repaired("\xC0\xAF"), std::pair(size_t{2}, r + r));          // overlong
  EXPECT_EQ(repaired("\xF0\x9F\x98\xE2\x82\xAC"), std::pair(size_t{1}, r + "€"));
  EXPECT_EQ(repaired("\xF4\x90\x80\x80"), std::pair(size_t{4}, r + r + r + r));  // above U+10FFFF
}

}  // namespace
}  // namespace evergreen
