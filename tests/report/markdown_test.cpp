#include "evergreen/report/markdown.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(Markdown, CellsCannotBreakTheTable) {
  const Table table{"Arms", {"arm", "a|b"}, {{"x_y", "1\n2"}, {"<b>"}}, 1};
  EXPECT_EQ(markdown_table(table),
            "**Arms**\n\n| arm | a\\|b |\n|---|---:|\n| x\\_y | 1 2 |\n| \\<b> |  |\n");
}

TEST(Markdown, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(csv_line({"a", "b,c", "say \"x\"", "1\n2"}), "a,\"b,c\",\"say \"\"x\"\"\",\"1\n2\"\n");
  EXPECT_EQ(csv_table({"", {"h"}, {{"1"}}, 1}), "h\n1\n");
}

}  // namespace evergreen
