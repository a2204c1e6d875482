#include "evergreen/report/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evergreen {
using testing::HasSubstr;
using testing::Not;

TEST(Html, NothingInATextIsMarkup) {
  EXPECT_EQ(escape_html("<a href=\"x\">R & D's</a>"),
            "&lt;a href=&quot;x&quot;&gt;R &amp; D&#39;s&lt;/a&gt;");
  EXPECT_EQ(escape_html("größe 层 🜲"), "größe 层 🜲");
}

TEST(Html, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(escape_html("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(escape_html("\xC3"), "\xEF\xBF\xBD") << "a character that is cut off";
  EXPECT_EQ(escape_html("\xE0\x80\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "written too long";
  EXPECT_EQ(escape_html("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "half of a pair";
  EXPECT_EQ(escape_html("\xF4\x90\x80\x80").size(), 12U) << "beyond Unicode";
  EXPECT_EQ(escape_html(std::string("a\0b\x1b\n\t", 6)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\n\t");
}

TEST(Html, PiecesEscapeWhatTheyAreGiven) {
  const std::string evil = "</table><script>alert(1)</script>\"";
  const std::vector<Html> pieces = {
      html_paragraph(evil),
      html_list({evil}),
      html_key_figures({{evil, evil, evil}}),
      html_table({evil, {evil, evil}, {{evil, evil}}, 1}),
      html_details(evil, {}),
      html_section(evil, {}),
  };
  for (const Html& piece : pieces) {
    EXPECT_THAT(piece.text, Not(HasSubstr("<script>")));
    EXPECT_THAT(piece.text, Not(HasSubstr("(1)&lt;/script&gt;\"\""))) << "an attribute ends where it should";
    EXPECT_THAT(piece.text, HasSubstr("&lt;script&gt;"));
  }
  EXPECT_THAT(html_page({evil, evil, evil, {}}), Not(HasSubstr("<script>alert")));
}

TEST(Html, ATableNamesItsRowsAndColumns) {
  const std::string table = html_table({"norms", {"layer", "dtype", "norm"}, {{"3", "BF16", "0.5"}}, 2}).text;
  EXPECT_THAT(table, HasSubstr("<caption>norms</caption>"));
  EXPECT_THAT(table, HasSubstr("<th scope=\"col\" class=\"words\">dtype</th><th scope=\"col\">norm</th>"));
  EXPECT_THAT(table, HasSubstr("<th scope=\"row\">3</th><td class=\"words\">BF16</td><td>0.5</td>"));
}

TEST(Html, APageNeedsNothingFromElsewhere) {
  const std::string page = html_page({"Residual", "of a model", "made by a test", html_paragraph("text")});
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
  for (const char* outside : {"http:", "https:", "src=", "@import", "url(", "<link"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
  for (const char* inside :
       {"prefers-color-scheme:dark", "@media print", "width=device-width", "<title>Residual</title>"}) {
    EXPECT_THAT(page, HasSubstr(inside));
  }
}

}  // namespace evergreen
