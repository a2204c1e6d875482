// Tables as Markdown and as CSV: the same Table that makes a page.
#pragma once

#include <string>
#include <vector>

#include "evergreen/report/html.hpp"

namespace evergreen {

// A table of GitHub's Markdown, its caption above it in bold. Bars and line ends in cells are escaped.
std::string markdown_table(const Table& table);

// RFC 4180: cells with commas, quotes or line ends are quoted; lines end with "\n".
std::string csv_line(const std::vector<std::string>& cells);
std::string csv_table(const Table& table);

}  // namespace evergreen
