// A heat map of rows and columns, as inline SVG with a legend and, behind it, the same numbers as a table.
//
// Pointing at a cell or tapping it shows its value; without script the browser's own tooltip does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/report/colour_scale.hpp"
#include "evergreen/report/html.hpp"

namespace evergreen {

struct HeatRow {
  std::string label;
  std::vector<std::optional<double>> values;  // one for each column; or a single one: a bar across all
};

struct HeatMap {
  std::string title, meaning;  // "|R| / |base|"; a sentence
  std::string row_title;       // "layer"
  std::vector<std::string> columns;
  std::vector<HeatRow> rows;
  ColourScale scale = ColourScale::sequential;
  std::string group = {};  // maps of one group and the same rows and columns show a cell's values together
};

// From what value to what value the colours go.
//
//   sequential   0 to the largest; where that is over 10 times the median, by logarithm from the least positive
//                value (but at most 4 decades) to the largest
//   diverging    minus the largest magnitude to plus the largest, but at most 8 times the median magnitude: what is
//                beyond (`cut`) has the colour of the ends
struct HeatRange {
  double low = 0, high = 1;
  bool logarithmic = false, cut = false;
  double position(double value) const;  // on the scale: 0 to 1, or -1 to 1 where low is negative
  double value(double position) const;  // the inverse
};
HeatRange heat_range(const HeatMap& map);

// The shortest endings, cut at dots, that tell the names apart: "self_attn.q_proj" is "q_proj".
std::vector<std::string> short_labels(const std::vector<std::string>& names);

Html html_heat_map(const HeatMap& map);

}  // namespace evergreen
