#include "evergreen/text/normal_form.hpp"

#include <gtest/gtest.h>

#include "evergreen/text/utf8.hpp"
#include "tests/text/golden_cases.hpp"

namespace evergreen {
namespace {

std::string in_form(NormalForm form, std::string_view text) {
  std::string out;
  append_normal_form(form, text, out);
  return out;
}

// The stretches that are looked at one by one, and the whole text in one go, are two ways to the same.
std::string by_changes(NormalForm form, std::string_view text) {
  std::string out;
  for (const CharChange& change : normal_form_changes(form, text)) append_utf8(out, change.code);
  return out;
}

TEST(NormalForm, ComposesAndDecomposes) {
  EXPECT_EQ(in_form(NormalForm::nfc, "Cafe\u0301 \u212B \u1100\u1161\u11A8"), "Caf\u00E9 \u00C5 \uAC01");
  EXPECT_EQ(in_form(NormalForm::nfd, "\u00E9\uAC01"), "e\u0301\u1100\u1161\u11A8");
  EXPECT_EQ(in_form(NormalForm::nfkc, "\uFB01\u3392\uFF76\uFF9E"), "fiMHz\u30AC");
  EXPECT_EQ(in_form(NormalForm::nfkd, "\u2460\u00E9"), "1e\u0301");
  EXPECT_EQ(in_form(NormalForm::nfc, "e\u0327\u0301 q\u0307\u0323"), "\u0229\u0301 q\u0323\u0307");
  EXPECT_EQ(in_form(NormalForm::nfc, "\u0301a"), "\u0301a");
}

// U+0898 is a mark since Unicode 14: the reference's normaliser does not know that, and does not move it.
TEST(NormalForm, KnowsWhatTheReferenceKnows) {
  EXPECT_EQ(in_form(NormalForm::nfd, "a\u0898\u0323"), "a\u0898\u0323");
  EXPECT_EQ(in_form(NormalForm::nfd, "a\u0301\u0323"), "a\u0323\u0301");
}

TEST(NormalForm, StretchesGiveTheSameAsTheWhole) {
  std::string text;
  for (char32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    append_utf8(text, code);
    if (code % 3 == 0) text += "a\u0301";
    if (code % 5 == 0) text += "\u0323\u3099";
  }
  for (const NormalForm form : {NormalForm::nfc, NormalForm::nfd, NormalForm::nfkc, NormalForm::nfkd}) {
    const std::string normal = in_form(form, text);
    EXPECT_TRUE(normal == by_changes(form, text));
    EXPECT_TRUE(in_form(form, normal) == normal);
  }
}

TEST(NormalForm, ChangesCountWhatTheyReplace) {
  const auto changes = normal_form_changes(NormalForm::nfkc, "\uFB01e\u0301");
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].change, 0);   // f for the ligature
  EXPECT_EQ(changes[1].change, 1);   // i is new
  EXPECT_EQ(changes[2].change, -1);  // é for e and what follows
}

TEST(NormalForm, AMillionMarksAreSortedInTime) {
  std::string text = "a";
  for (int i = 0; i < 1000000; ++i) text += i % 2 == 0 ? "\u0301" : "\u0327";
  const double start = processor_seconds();
  EXPECT_EQ(in_form(NormalForm::nfc, text).size(), text.size() - 1);  // á, the cedillas, the other acutes
  EXPECT_LT(processor_seconds() - start, 5);
}

}  // namespace
}  // namespace evergreen
