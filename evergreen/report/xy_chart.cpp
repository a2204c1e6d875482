#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/report/chart_frame.hpp"
#include "evergreen/report/terminal.hpp"

namespace evergreen {
namespace {

constexpr double kTop = 10, kRight = 12, kPlotHeight = 190, kBottom = 40, kRadius = 4;

bool is_drawn(const ChartPoint& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

struct Range {
  double low = 0, high = 1;
  bool any = false;
  void take(double value) {
    if (!std::isfinite(value)) return;
    low = any ? std::min(low, value) : value, high = any ? std::max(high, value) : value;
    any = true;
  }
};

class Drawing {
 public:
  explicit Drawing(const XyChart& chart) : chart_(chart) {
    Range x, y;
    for (const ChartSeries& series : chart.series) {
      for (const ChartPoint& point : series.points) {
        if (!is_drawn(point)) continue;
        x.take(point.x), y.take(point.y);
        if (point.low) y.take(*point.low);
        if (point.high) y.take(*point.high);
      }
    }
    for (const auto& end : {chart.x_low, chart.x_high}) x.take(end.value_or(NAN));
    for (const auto& end : {chart.y_low, chart.y_high}) y.take(end.value_or(NAN));
    x_ticks_ = axis_ticks(x.low, x.high, 4);
    y_ticks_ = axis_ticks(y.low, y.high, 5);
    size_t longest = 0;
    for (const std::string& label : tick_labels(y_ticks_)) longest = std::max(longest, label.size());
    left_ = 23 + 6.4 * static_cast<double>(longest);
  }

  std::string svg() const {
    std::string text =
        svg_head(kTop + kPlotHeight + kBottom, chart_.title, chart_.y_title + " against " + chart_.x_title);
    text += axes();
    for (size_t i = 0; i < chart_.series.size(); ++i) text += band(i);
    for (size_t i = 0; i < chart_.series.size(); ++i) text += lines(i);
    for (size_t i = 0; i < chart_.series.size(); ++i) text += marks(i);
    return text + "</svg>\n";
  }

  std::string legend() const {
    std::string text;
    for (size_t i = 0; i < chart_.series.size(); ++i) {
      const int k = static_cast<int>(i);
      const std::string line =
          chart_.series[i].line
              ? fmt::format("<path class=\"line\" stroke-dasharray=\"{}\" d=\"M0 6H30\"/>", dashes(k))
              : "";
      text += fmt::format(
          "<li class=\"k{}\"><svg viewBox=\"0 0 30 12\" aria-hidden=\"true\">{}<path class=\"mark\" "
          "d=\"{}\"/></svg>{}</li>\n",
          k % kChartColours, line, mark_path(k, 15, 6, kRadius), escape_html(chart_.series[i].label));
    }
    return text;
  }

 private:
  double x_at(double x) const {
    return left_ +
           (x - x_ticks_.front()) / (x_ticks_.back() - x_ticks_.front()) * (kChartWidth - left_ - kRight);
  }
  double y_at(double y) const {
    return kTop + kPlotHeight * (1 - (y - y_ticks_.front()) / (y_ticks_.back() - y_ticks_.front()));
  }

  std::string axes() const {
    std::string text;
    const std::vector<std::string> y_labels = tick_labels(y_ticks_), x_labels = tick_labels(x_ticks_);
    for (size_t i = 0; i < y_ticks_.size(); ++i) {
      const double y = y_at(y_ticks_[i]);
      text +=
          fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>", left_, y, kChartWidth - kRight);
      text +=
          fmt::format("<text class=\"tick\" style=\"text-anchor:end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                      left_ - 5, y + 4, y_labels[i]);
    }
    for (size_t i = 0; i < x_ticks_.size(); ++i) {
      const double x = x_at(x_ticks_[i]);
      text += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}v4\"/>", x, kTop + kPlotHeight);
      text += fmt::format(
          "<text class=\"tick\" style=\"text-anchor:middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x,
          kTop + kPlotHeight + 16, x_labels[i]);
    }
    text += fmt::format("<path class=\"axis\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", left_, kTop + kPlotHeight,
                        kChartWidth - kRight);
    text +=
        fmt::format("<text style=\"text-anchor:middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                    (left_ + kChartWidth - kRight) / 2, kTop + kPlotHeight + 33, escape_html(chart_.x_title));
    return text + fmt::format(
                      "<text style=\"text-anchor:middle\" transform=\"translate(11 {:.1f}) "
                      "rotate(-90)\">{}</text>\n",
                      kTop + kPlotHeight / 2, escape_html(chart_.y_title));
  }

  std::string band(size_t index) const {
    const ChartSeries& series = chart_.series[index];
    if (!series.line) return {};
    std::string there, back;
    int points = 0;
    for (const ChartPoint& p : series.points) {
      if (!is_drawn(p) || !p.low || !p.high) continue;
      there += fmt::format("{}{:.1f} {:.1f}", points == 0 ? "M" : "L", x_at(p.x), y_at(*p.high));
      back = fmt::format("L{:.1f} {:.1f}", x_at(p.x), y_at(*p.low)) + back;
      ++points;
    }
    if (points < 2) return {};
    return fmt::format("<path class=\"band k{}\" d=\"{}{}z\"/>\n", index % kChartColours, there, back);
  }

  std::string lines(size_t index) const {
    const ChartSeries& series = chart_.series[index];
    std::string text;
    if (series.line) {
      std::string path;
      for (const ChartPoint& p : series.points) {
        if (is_drawn(p))
          path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_at(p.x), y_at(p.y));
      }
      if (path.empty()) return {};
      return fmt::format("<path class=\"line k{}\" stroke-dasharray=\"{}\" d=\"{}\"/>\n",
                         index % kChartColours, dashes(static_cast<int>(index)), path);
    }
    for (const ChartPoint& p : series.points) {
      if (is_drawn(p) && p.low && p.high)
        text += fmt::format("<path class=\"error k{}\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>\n",
                            index % kChartColours, x_at(p.x), y_at(*p.low), y_at(*p.high));
    }
    return text;
  }

  std::string marks(size_t index) const {
    std::string text;
    for (const ChartPoint& p : chart_.series[index].points) {
      if (!is_drawn(p)) continue;
      text += fmt::format(
          "<path class=\"mark k{}\" d=\"{}\"><title>{}{}: {}, {}</title></path>\n", index % kChartColours,
          mark_path(static_cast<int>(index), x_at(p.x), y_at(p.y), kRadius),
          escape_html(chart_.series[index].label), p.label.empty() ? "" : ", " + escape_html(p.label),
          human_number(p.x), human_number(p.y));
      if (p.label.empty()) continue;
      // To the left of the mark where there is no room at its right.
      const double width = 6.2 * static_cast<double>(text_width(p.label));
      const bool left = x_at(p.x) + 7 + width > kChartWidth;
      text += fmt::format(
          "<text class=\"name\" style=\"text-anchor:{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          left ? "end" : "start", x_at(p.x) + (left ? -7 : 7), y_at(p.y) + 4, escape_html(p.label));
    }
    return text;
  }

  const XyChart& chart_;
  std::vector<double> x_ticks_, y_ticks_;
  double left_ = 0;
};

Table table_of(const XyChart& chart) {
  Table table{chart.title, {"series", "point", chart.x_title, chart.y_title, "95 % from", "to"}, {}, 2};
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& p : series.points) {
      table.rows.push_back({series.label, p.label, human_number(p.x), human_number(p.y),
                            p.low ? human_number(*p.low) : "–", p.high ? human_number(*p.high) : "–"});
    }
  }
  return table;
}

}  // namespace

std::vector<double> axis_ticks(double low, double high, int count) {
  if (!std::isfinite(low) || !std::isfinite(high) || low > high) low = 0, high = 1;
  if (high - low < 1e-12 * std::max(1.0, std::fabs(high)))
    high += low == 0 ? 1 : 0.5, low -= low == 0 ? 0 : 0.5;
  const double rough = (high - low) / std::max(1, count);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const auto first = static_cast<int64_t>(std::floor(low / step + 1e-9));
  const auto last = static_cast<int64_t>(std::ceil(high / step - 1e-9));
  for (int64_t i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

Html html_xy_chart(const XyChart& chart) {
  const Drawing drawing(chart);
  return chart_figure("xy", chart.title, chart.meaning, drawing.svg(), drawing.legend(), table_of(chart));
}

}  // namespace evergreen
