// Charts as inline SVG, drawn when the page is written: no script is needed to see them.
//
//   XyChart    series of points over two axes: curves with confidence bands, or points with error bars; the way of a curve
//   BarChart   horizontal bars of one or several parts
//
// A series is told from the others by colour, by the shape of its marks and by its dashes, a part of a bar by colour and
// hatching; the legend names them in words. Behind each chart the same numbers are a table. Colours follow
// the page (light, dark, print). What is not finite is not drawn.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/report/html.hpp"

namespace evergreen {

struct ChartPoint {
  double x = 0, y = 0;
  std::optional<double> low = {}, high = {};  // of y
  std::string label = {};                     // beside the mark
};

struct ChartSeries {
  std::string label;
  std::vector<ChartPoint> points;
  bool line = true;  // joined in their order; intervals are a band then, else bars
};

struct XyChart {
  std::string title, meaning;
  std::string x_title, y_title;
  std::vector<ChartSeries> series;
  std::optional<double> y_low = {}, y_high = {};  // what the axis shows at least
  std::optional<double> x_low = {}, x_high = {};
};

struct ChartBar {
  std::string label;
  std::vector<double> parts;
  std::string note = {};  // at its end, in place of the sum
};

struct BarChart {
  std::string title, meaning, unit;
  std::vector<std::string> parts;  // names; a single one has no legend
  std::vector<ChartBar> bars;
  bool logarithmic = false;  // for bars of one part: lengths from a power of ten below the smallest
};

// Round numbers from `low` to `high` or a little beyond, about `count` of them.
std::vector<double> axis_ticks(double low, double high, int count);

Html html_xy_chart(const XyChart& chart);
Html html_bar_chart(const BarChart& chart);

// Style rules of all charts, for page_style().
std::string chart_style();

inline constexpr int kChartColours = 8;

}  // namespace evergreen
