// Rows of cells as columns of text.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "evergreen/text/utf8.hpp"

namespace evergreen {

using TextTable = std::vector<std::vector<std::string>>;

// `columns` has a sign for each: '>' right, any other left. Two spaces between columns.
inline std::string format_table(const TextTable& table, const std::string& columns) {
  const auto width_of = [](const std::string& cell) { return count_code_points(cell); };
  std::vector<size_t> widths(columns.size());
  for (const auto& row : table) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  }
  std::string text;
  for (const auto& row : table) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string pad(widths[c] - width_of(row[c]), ' ');
      line += (c > 0 ? "  " : "") + (columns[c] == '>' ? pad + row[c] : row[c] + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace evergreen
