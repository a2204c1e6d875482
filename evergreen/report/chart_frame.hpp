// What both kinds of chart share: the figure around them, the legend, marks and numbers.
#pragma once

#include <string>
#include <vector>

#include "evergreen/report/chart.hpp"

namespace evergreen {

inline constexpr double kChartWidth = 340;

// An SVG path of mark `index` around (x, y).
std::string mark_path(int index, double x, double y, double radius);
// "stroke-dasharray" of the line of a series; empty: a full line.
const char* dashes(int index);

std::string short_number(double value);  // "1.5M", "0.25"
// Numbers on an axis, each with as many digits as tell it from the next: "1.945", "1.950".
std::vector<std::string> tick_labels(const std::vector<double>& ticks);

Html chart_figure(const std::string& kind, const std::string& title, const std::string& meaning,
                  const std::string& svg, const std::string& legend, const Table& table);

// The beginning of the drawing, with what it is in words.
std::string svg_head(double height, const std::string& title, const std::string& what);

}  // namespace evergreen
