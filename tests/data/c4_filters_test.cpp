#include "evergreen/data/c4_filters.hpp"

#include <gtest/gtest.h>

namespace evergreen {
namespace {

const std::string kGood = "This is the first sentence of it. Here follows another one! And is this a third?";

// What is left, or the reason in brackets.
std::string left(const std::string& text, const C4Rules& rules = {}) {
  std::string buffer;
  std::string_view out;
  const Drop reason = C4Filters().apply(text, rules, buffer, out);
  return reason == Drop::none ? std::string(out) : "[" + std::string(drop_name(reason)) + "]";
}

}  // namespace

TEST(C4Filters, LinesNeedAnEndAndFiveWords) {
  EXPECT_EQ(
      left(kGood + "\nHome | About | Contact | Shop | News\nToo short.\n\n\n\"Quoted to the very end\"\n"),
      kGood + "\n\n\"Quoted to the very end\"");
  EXPECT_EQ(left(kGood + "\nIt goes on and on and on...\n"), kGood);
  EXPECT_EQ(left(kGood + "\na line of a table without a mark", {.terminal_punctuation = false}),
            kGood + "\na line of a table without a mark");
}

TEST(C4Filters, NoticesAndCitationsGo) {
  EXPECT_EQ(
      left(kGood + "\nPlease enable JavaScript to see this page.\nThis site uses cookies to serve you well.\n"
                   "Read our Privacy Policy before you go on.\n"),
      kGood);
  EXPECT_EQ(left("It is so.[1][23] It was so, too.[citation needed] It will be so.[edit]"),
            "It is so. It was so, too. It will be so.");
  EXPECT_EQ(left("The array a[i] and [12 apples] stay. So does [x]. And here is the end of it."),
            "The array a[i] and [12 apples] stay. So does [x]. And here is the end of it.");
}

TEST(C4Filters, WholeDocumentsGo) {
  EXPECT_EQ(left(kGood + " {"), "[c4_braces]");
  EXPECT_EQ(left(kGood + " Lorem Ipsum dolor sit."), "[c4_lorem_ipsum]");
  EXPECT_EQ(left("Only one sentence is in here. And then a second one."), "[c4_sentences]");
  EXPECT_EQ(left(""), "[c4_sentences]");
}

}  // namespace evergreen
