// Tables and heat maps as text for a terminal: the same Table and HeatMap that make a page.
#pragma once

#include <string>

#include "evergreen/report/heat_map.hpp"
#include "evergreen/report/html.hpp"

namespace evergreen {

enum class TerminalColour { none, of_256, of_all };

// Title and rows in columns, numbers at the right; the caption is not printed.
std::string text_table(const Table& table);

// A line for each row, a column for each column, every value as a number; with colour, on the ground that the heat map
// gives it. Columns that do not fit into `width` follow in a second block. Bars come last, in one column.
std::string text_heat_map(const HeatMap& map, TerminalColour colour = TerminalColour::none,
                          size_t width = 100);

// Columns a terminal needs for UTF-8 text of alphabets: its characters.
size_t text_width(const std::string& text);

}  // namespace evergreen
