#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/hash.hpp"
#include "evergreen/base/human.hpp"
#include "evergreen/report/chart_frame.hpp"
#include "evergreen/report/terminal.hpp"

namespace evergreen {
namespace {

constexpr double kRow = 34, kBar = 13, kTop = 6, kEnd = 4, kLetter = 6.4;

double sum_of(const ChartBar& bar) {
  double sum = 0;
  for (const double part : bar.parts) sum += std::isfinite(part) ? part : 0;
  return sum;
}

std::string end_text(const BarChart& chart, const ChartBar& bar) {
  return bar.note.empty() ? fmt::format("{} {}", short_number(sum_of(bar)), chart.unit) : bar.note;
}

class Drawing {
 public:
  explicit Drawing(const BarChart& chart)
      : chart_(chart), id_("h" + to_string(hash_text(chart.title)).substr(5, 8)) {
    double most = 0, least = INFINITY, note = 0;
    for (const ChartBar& bar : chart.bars) {
      const double sum = sum_of(bar);
      most = std::max(most, sum);
      if (sum > 0) least = std::min(least, sum);
      note = std::max(note, kLetter * static_cast<double>(text_width(end_text(chart, bar))));
    }
    if (most <= 0) most = 1, least = 1;
    low_ = std::pow(10, std::floor(std::log10(least)) - 1);
    most_ = most;
    plot_ = std::max(60.0, kChartWidth - note - 10);
  }

  std::string svg() const {
    std::string text = svg_head(kTop + kRow * static_cast<double>(chart_.bars.size()) + kEnd, chart_.title,
                                "bars, in " + chart_.unit);
    text += "<defs>";
    for (size_t i = 1; i < chart_.parts.size(); ++i) text += hatch(i);
    text += "</defs>\n";
    for (size_t i = 0; i < chart_.bars.size(); ++i)
      text += bar(chart_.bars[i], kTop + kRow * static_cast<double>(i));
    return text + "</svg>\n";
  }

  std::string legend() const {
    if (chart_.parts.size() < 2) return {};
    std::string text;
    for (size_t i = 0; i < chart_.parts.size(); ++i) {
      text += fmt::format(
          "<li class=\"k{}\"><svg viewBox=\"0 0 30 12\" aria-hidden=\"true\"><rect width=\"30\" "
          "height=\"12\"/>{}</svg>{}</li>\n",
          i % kChartColours, over(i, 0, 0, 30, 12), escape_html(chart_.parts[i]));
    }
    return text;
  }

 private:
  double length(double value) const {
    if (!(value > 0)) return 0;
    return chart_.logarithmic ? plot_ * std::log(value / low_) / std::log(most_ / low_)
                              : plot_ * value / most_;
  }

  // Lines of another slope and distance for each part; the first part has none.
  std::string hatch(size_t part) const {
    const int slope = static_cast<int>(45 * part), distance = part > 3 ? 8 : 5;
    return fmt::format(
        "<pattern id=\"{0}-{1}\" width=\"{3}\" height=\"{3}\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate({2})\">"
        "<path class=\"hatch\" d=\"M0 0V{3}\"/></pattern>",
        id_, part, slope, distance);
  }

  std::string over(size_t part, double x, double y, double width, double height) const {
    if (part == 0 || chart_.parts.size() < 2) return {};
    return fmt::format(
        "<rect style=\"fill:url(#{}-{})\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
        id_, part, x, y, width, height);
  }

  std::string bar(const ChartBar& bar, double y) const {
    std::string text =
        fmt::format("<text class=\"name\" x=\"0\" y=\"{:.1f}\">{}</text>\n", y + 11, escape_html(bar.label));
    double x = 0;
    for (size_t i = 0; i < bar.parts.size(); ++i) {
      const double width = length(bar.parts[i]);
      if (!(width > 0)) continue;
      text += fmt::format(
          "<rect class=\"part k{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}, "
          "{}: {} "
          "{}</title></rect>{}\n",
          i % kChartColours, x, y + 15, std::max(0.6, width - 0.6), kBar, escape_html(bar.label),
          escape_html(i < chart_.parts.size() ? chart_.parts[i] : ""), human_number(bar.parts[i]),
          escape_html(chart_.unit), over(i, x, y + 15, std::max(0.6, width - 0.6), kBar));
      x += width;
    }
    return text + fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x + 5, y + 26,
                              escape_html(end_text(chart_, bar)));
  }

  const BarChart& chart_;
  std::string id_;
  double low_ = 0, most_ = 1, plot_ = 0;
};

Table table_of(const BarChart& chart) {
  Table table{chart.title + ", " + chart.unit, {""}, {}, 1};
  for (const std::string& part : chart.parts) table.columns.push_back(part);
  if (chart.parts.size() > 1) table.columns.emplace_back("sum");
  for (const ChartBar& bar : chart.bars) {
    std::vector<std::string> row = {bar.label};
    for (const double part : bar.parts) row.push_back(human_number(part));
    if (chart.parts.size() > 1) row.push_back(human_number(sum_of(bar)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Html html_bar_chart(const BarChart& chart) {
  const Drawing drawing(chart);
  std::string meaning = chart.meaning;
  if (chart.logarithmic) meaning += "; lengths are logarithmic";
  return chart_figure("bar", chart.title, meaning, drawing.svg(), drawing.legend(), table_of(chart));
}

}  // namespace evergreen
