// Comma-separated values by RFC 4180: quoted cells may hold commas, line breaks and doubled quotes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

struct CsvRow {
  std::vector<std::string> cells;
  size_t line = 0;  // where it begins
};

// Empty lines are passed over. Error{input} naming `file` and the line for a quote that does not end.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file);

}  // namespace evergreen
