#include "evergreen/data/unicode_fixes.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

std::string fixed(std::string_view text, const UnicodeFixes& fixes = {.characters = true}) {
  std::string buffer;
  return std::string(fix_unicode(text, fixes, buffer));
}

}  // namespace

TEST(UnicodeFixes, LineBreaksControlsAndInvisibleCharacters) {
  EXPECT_EQ(fixed("a\r\nb\rc\nd"), "a\nb\nc\nd");
  EXPECT_EQ(fixed("a\xE2\x80\xA8"
                  "b\xE2\x80\xA9"),
            "a\nb\n");  // U+2028, U+2029
  EXPECT_EQ(fixed(std::string("a\0b\x01\tc\x7f\x1b[0m", 11)), "ab\tc[0m");
  EXPECT_EQ(fixed("a\xC2\x80\xC2\x9Fz"), "az");  // C1
  EXPECT_EQ(fixed("so\xC2\xAD"
                  "ft zero\xE2\x80\x8Bwidth \xEF\xBB\xBFmark"),
            "soft zerowidth mark");
  EXPECT_EQ(fixed("\xE2\x80\xAE"
                  "abc\xE2\x81\xA6"),
            "abc");                                                          // bidirectional controls
  EXPECT_EQ(fixed("\xE2\x80\x8D\xE2\x80\x8C"), "\xE2\x80\x8D\xE2\x80\x8C");  // the joiners stay
  EXPECT_EQ(fixed("👩\xE2\x80\x8D💻 “quotes” — €5\n"), "👩\xE2\x80\x8D💻 “quotes” — €5\n");
}

TEST(UnicodeFixes, FormCIsComposed) {
  EXPECT_EQ(fixed("e\xCC\x81t\xC3\xA9"), "été");
  EXPECT_EQ(fixed("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"), "한");  // Hangul jamo
  EXPECT_EQ(fixed("\xE2\x84\xAB"), "\xC3\x85");                    // the Angstrom sign
}

TEST(UnicodeFixes, MojibakeIsReadAgain) {
  const UnicodeFixes mojibake{.mojibake = true};
  EXPECT_EQ(fixed("itâ€™s a cafÃ© â€” â‚¬5", mojibake), "it’s a café — €5");
  EXPECT_EQ(fixed("ðŸ˜€", mojibake), "😀");
  EXPECT_EQ(fixed("naïve, São, Ã, â, €: as it is", mojibake), "naïve, São, Ã, â, €: as it is");
  EXPECT_EQ(fixed("cafÃ©"), "cafÃ©");  // not unless asked
}

TEST(UnicodeFixes, ATextWithoutFaultsIsNotCopied) {
  const std::string text = "plain text, naïve café über\n\ttab";
  std::string buffer;
  EXPECT_EQ(fix_unicode(text, {.characters = true}, buffer).data(), text.data());
}

TEST(UnicodeFixes, RandomTextStaysWellFormedAndASecondPassChangesNothing) {
  RandomStream stream(1, "unicode fixes");
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (uint64_t n = stream.below(40); n > 0; --n) {
      const uint64_t range = stream.below(4);
      char32_t code = static_cast<char32_t>(stream.below(range == 0   ? 0x100
                                                         : range == 1 ? 0x3000
                                                                      : 0x110000));
      if (code >= 0xD800 && code < 0xE000) code = ' ';
      append_utf8(text, code);
    }
    const std::string once = fixed(text);
    EXPECT_EQ(valid_utf8_prefix(once), once.size());
    EXPECT_EQ(fixed(once), once);
    const std::string read_again = fixed(text, {.characters = true, .mojibake = true});
    EXPECT_EQ(valid_utf8_prefix(read_again), read_again.size());
  }
}

}  // namespace evergreen
