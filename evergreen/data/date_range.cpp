#include "evergreen/data/date_range.hpp"

#include <charconv>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr int64_t kDay = 86400;
constexpr double kMilliseconds = 1e11;

// Reads a date from the front of a text.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}

  // Exactly `count` digits.
  bool digits(size_t count, int& value) {
    if (text_.size() < count) return false;
    value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      value = 10 * value + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return true;
  }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_digits() {
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') text_.remove_prefix(1);
  }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

std::optional<int64_t> day_begin(int year, int month, int day) {
  const std::chrono::year_month_day date = std::chrono::year(year) / month / day;
  if (!date.ok()) return std::nullopt;
  return static_cast<int64_t>(sys_days(date).time_since_epoch().count()) * kDay;
}

// What follows the day: a time of day and a zone, both optional.
std::optional<DateSpan> with_time(DateReader reader, int64_t day) {
  if (reader.at_end()) return DateSpan{day, day + kDay};
  if (!reader.take('T') && !reader.take('t') && !reader.take(' ')) return std::nullopt;
  int hour = 0, minute = 0, second = 0;
  if (!reader.digits(2, hour) || hour > 23) return std::nullopt;
  int64_t span = 3600;
  reader.take(':');
  if (reader.digits(2, minute)) {
    if (minute > 59) return std::nullopt;
    span = 60;
    reader.take(':');
    if (reader.digits(2, second)) {
      if (second > 60) return std::nullopt;
      span = 1;
      if (reader.take('.') || reader.take(',')) reader.skip_digits();
    }
  }
  int64_t begin = day + 3600 * hour + 60 * minute + second;
  reader.take(' ');
  const bool plus = reader.take('+'), minus = !plus && reader.take('-');
  if (plus || minus) {
    int zone_hour = 0, zone_minute = 0;
    if (!reader.digits(2, zone_hour)) return std::nullopt;
    reader.take(':');
    reader.digits(2, zone_minute);
    begin -= (plus ? 1 : -1) * (3600 * zone_hour + 60 * zone_minute);
  } else if (!reader.take('Z') && !reader.take('z') && reader.take('U')) {
    if (!reader.take('T') || !reader.take('C')) return std::nullopt;
  }
  if (!reader.at_end()) return std::nullopt;
  return DateSpan{begin, begin + span};
}

std::optional<DateSpan> from_calendar(std::string_view text) {
  DateReader reader(text);
  int year = 0, month = 0, day = 0;
  if (!reader.digits(4, year)) return std::nullopt;
  if (reader.at_end()) {
    const auto begin = day_begin(year, 1, 1), end = day_begin(year + 1, 1, 1);
    return begin && end ? std::optional(DateSpan{*begin, *end}) : std::nullopt;
  }
  const char separator = reader.take('-') ? '-' : reader.take('/') ? '/' : '\0';
  if (!reader.digits(2, month)) return std::nullopt;
  if (reader.at_end() && separator != '\0') {
    const auto begin = day_begin(year, month, 1);
    const auto end = month == 12 ? day_begin(year + 1, 1, 1) : day_begin(year, month + 1, 1);
    return begin && end ? std::optional(DateSpan{*begin, *end}) : std::nullopt;
  }
  if (separator != '\0' && !reader.take(separator)) return std::nullopt;
  if (!reader.digits(2, day)) return std::nullopt;
  const auto begin = day_begin(year, month, day);
  return begin ? with_time(reader, *begin) : std::nullopt;
}

DateSpan asked_date(const std::string& text, const char* option) {
  if (const auto date = parse_date(text)) return *date;
  throw Error(ErrorKind::usage, fmt::format("'{}' is not a date", text), option,
              "write 2024, 2024-05, 2024-05-17, 2024-05-17T12:30:00 or unix seconds");
}

}  // namespace

std::optional<DateSpan> date_from_number(double number) {
  if (!std::isfinite(number) || std::abs(number) > 1e15) return std::nullopt;
  if (number >= 1000 && number <= 9999 && number == std::floor(number))
    return from_calendar(fmt::format("{:.0f}", number));
  const auto seconds =
      static_cast<int64_t>(std::floor(std::abs(number) > kMilliseconds ? number / 1000 : number));
  return DateSpan{seconds, seconds + 1};
}

std::optional<DateSpan> parse_date(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (const auto date = from_calendar(text)) return date;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = !text.empty() && error == std::errc() && end == text.data() + text.size();
  // Short numbers as text are days and pages, not seconds since 1970.
  return is_number && text.size() >= 9 ? date_from_number(number) : std::nullopt;
}

DateRange::DateRange(const std::string& since, const std::string& until) {
  if (!since.empty()) since_ = asked_date(since, "--since").begin;
  if (!until.empty()) until_ = asked_date(until, "--until").end;
  if (since_ && until_ && *since_ >= *until_) {
    throw Error(ErrorKind::usage, fmt::format("nothing lies between {} and {}", since, until),
                "--since and --until", "--until must not be before --since");
  }
}

std::string day_text(int64_t unix_seconds) {
  const auto day = static_cast<int>(unix_seconds / kDay - (unix_seconds % kDay < 0 ? 1 : 0));
  const std::chrono::year_month_day date{sys_days(days(day))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace evergreen
