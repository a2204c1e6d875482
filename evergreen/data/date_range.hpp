// Dates as corpora write them, and ranges of them.
//
//   2024   2024-05   2024-05-17   2024-05-17T12:30   2024-05-17 12:30:05.25+02:00   20240517   1715949005 (unix seconds)
// Without a zone a time is UTC. A number of four digits is a year, one beyond 10^11 counts milliseconds.
// A date stands for a span: a year for all of it, a day for its 24 hours, a time of day for its minute or second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace evergreen {

struct DateSpan {
  int64_t begin = 0, end = 0;  // unix seconds, [begin, end)
};

std::optional<DateSpan> parse_date(std::string_view text);
std::optional<DateSpan> date_from_number(double number);

// `since` and `until` may be empty; both ends belong to it: --until 2024 takes all of 2024.
class DateRange {
 public:
  DateRange() = default;
  // Error{usage} for a date that cannot be read, or a range without a day in it.
  DateRange(const std::string& since, const std::string& until);

  bool is_limited() const { return since_ || until_; }
  bool is_before(const DateSpan& date) const { return since_ && date.begin < *since_; }
  bool is_after(const DateSpan& date) const { return until_ && date.begin >= *until_; }

 private:
  std::optional<int64_t> since_, until_;
};

std::string day_text(int64_t unix_seconds);  // "2024-05-17"

}  // namespace evergreen
