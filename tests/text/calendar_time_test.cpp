#include "evergreen/text/calendar_time.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

TEST(CalendarTime, IsFormattedAsPythonDoes) {
  const CalendarTime time{2024, 2, 5, 0, 7, 9};
  EXPECT_EQ(format_time(time, "%d %b %Y"), "05 Feb 2024");
  EXPECT_EQ(format_time(time, "%A, %B %-d, %Y at %I:%M %p"), "Monday, February 5, 2024 at 12:07 AM");
  EXPECT_EQ(format_time(time, "%j %U %W %w %u %y %%"), "036 05 06 1 1 24 %");
  EXPECT_EQ(format_time(time, "%F %T"), "2024-02-05 00:07:09");
}

TEST(CalendarTime, ADateMustExist) {
  test::expect_error(ErrorKind::input, "is no date", [] { format_time({2023, 2, 29}, "%d"); });
  test::expect_error(ErrorKind::input, "'%Q'", [] { format_time({2024, 2, 29}, "%Q"); });
}

}  // namespace
}  // namespace evergreen
