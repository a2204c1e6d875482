// A date and time of day as written on a calendar. It is always given by the caller: nothing here reads a clock.
#pragma once

#include <string>
#include <string_view>

namespace evergreen {

struct CalendarTime {
  int year = 1970, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;
};

// Error{input} for a date that does not exist.
void require_valid(const CalendarTime& time);

// Python's datetime.strftime in the C locale: "%d %b %Y" gives "26 Jul 2024". Error{input} for an unknown directive.
std::string format_time(const CalendarTime& time, std::string_view format);

}  // namespace evergreen
