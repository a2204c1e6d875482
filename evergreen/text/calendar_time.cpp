#include "evergreen/text/calendar_time.hpp"

#include <chrono>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr const char* kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                 "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                   "July",    "August",   "September", "October", "November", "December"};

std::chrono::year_month_day date_of(const CalendarTime& time) {
  return std::chrono::year(time.year) / time.month / time.day;
}

int weekday(const CalendarTime& time) {
  return static_cast<int>(std::chrono::weekday(std::chrono::sys_days(date_of(time))).c_encoding());
}

int day_of_year(const CalendarTime& time) {
  const auto first = std::chrono::sys_days(std::chrono::year(time.year) / 1 / 1);
  return static_cast<int>((std::chrono::sys_days(date_of(time)) - first).count()) + 1;
}

int hour12(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

std::string number(int value, int width, char pad) {
  if (pad == '-') return fmt::format("{}", value);
  return pad == '_' ? fmt::format("{:>{}}", value, width) : fmt::format("{:0>{}}", value, width);
}

std::string directive(const CalendarTime& t, char letter, char pad) {
  const auto two = [&](int value) { return number(value, 2, pad); };
  switch (letter) {
    case 'Y':
      return number(t.year, 4, pad == 0 ? '-' : pad);
    case 'y':
      return two(t.year % 100);
    case 'C':
      return two(t.year / 100);
    case 'm':
      return two(t.month);
    case 'd':
      return two(t.day);
    case 'e':
      return number(t.day, 2, pad == 0 ? '_' : pad);
    case 'H':
      return two(t.hour);
    case 'I':
      return two(hour12(t.hour));
    case 'k':
      return number(t.hour, 2, pad == 0 ? '_' : pad);
    case 'l':
      return number(hour12(t.hour), 2, pad == 0 ? '_' : pad);
    case 'M':
      return two(t.minute);
    case 'S':
      return two(t.second);
    case 'f':
      return "000000";
    case 'j':
      return number(day_of_year(t), 3, pad);
    case 'p':
      return t.hour < 12 ? "AM" : "PM";
    case 'A':
      return kDays[weekday(t)];
    case 'a':
      return std::string(kDays[weekday(t)]).substr(0, 3);
    case 'B':
      return kMonths[t.month - 1];
    case 'b':
    case 'h':
      return std::string(kMonths[t.month - 1]).substr(0, 3);
    case 'w':
      return fmt::format("{}", weekday(t));
    case 'u':
      return fmt::format("{}", weekday(t) == 0 ? 7 : weekday(t));
    case 'U':
      return two((day_of_year(t) + 6 - weekday(t)) / 7);
    case 'W':
      return two((day_of_year(t) + 6 - (weekday(t) + 6) % 7) / 7);
    case 'F':
      return format_time(t, "%Y-%m-%d");
    case 'T':
    case 'X':
      return format_time(t, "%H:%M:%S");
    case 'R':
      return format_time(t, "%H:%M");
    case 'D':
    case 'x':
      return format_time(t, "%m/%d/%y");
    case 'r':
      return format_time(t, "%I:%M:%S %p");
    case 'c':
      return format_time(t, "%a %b %e %H:%M:%S %Y");
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case 'Z':
    case 'z':
      return "";  // a time without zone
    case '%':
      return "%";
    default:
      throw Error(ErrorKind::input, fmt::format("'%{}' is not a known directive of a date's format", letter));
  }
}

}  // namespace

void require_valid(const CalendarTime& time) {
  const bool in_range = time.year >= 1 && time.year <= 9999 && time.month >= 1 && time.month <= 12 &&
                        time.day >= 1 && time.day <= 31 && time.hour >= 0 && time.hour < 24 &&
                        time.minute >= 0 && time.minute < 60 && time.second >= 0 && time.second < 60;
  if (!in_range || !date_of(time).ok()) {
    throw Error(ErrorKind::input, fmt::format("{}-{}-{} {}:{}:{} is no date and time", time.year, time.month,
                                              time.day, time.hour, time.minute, time.second));
  }
}

std::string format_time(const CalendarTime& time, std::string_view format) {
  require_valid(time);
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out.push_back(format[i]);
      continue;
    }
    char letter = format[++i], pad = 0;
    if ((letter == '-' || letter == '_' || letter == '0') && i + 1 < format.size()) {
      pad = letter;
      letter = format[++i];
    }
    out += directive(time, letter, pad);
  }
  return out;
}

}  // namespace evergreen
