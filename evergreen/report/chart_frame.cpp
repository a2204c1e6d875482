#include "evergreen/report/chart_frame.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace evergreen {

std::string mark_path(int index, double x, double y, double r) {
  switch (index % kChartColours) {
    case 0:  // circle
      return fmt::format("M{0:.1f} {1:.1f}a{2:.1f} {2:.1f} 0 1 0 {3:.1f} 0a{2:.1f} {2:.1f} 0 1 0 -{3:.1f} 0z",
                         x - r, y, r, 2 * r);
    case 1:  // square
      return fmt::format("M{:.1f} {:.1f}h{:.1f}v{:.1f}h-{:.1f}z", x - r, y - r, 2 * r, 2 * r, 2 * r);
    case 2:  // triangle
      return fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}z", x, y - 1.2 * r, x + 1.15 * r, y + 0.9 * r,
                         x - 1.15 * r);
    case 3:  // diamond
      return fmt::format("M{0:.1f} {1:.1f}L{2:.1f} {3:.1f}L{0:.1f} {4:.1f}L{5:.1f} {3:.1f}z", x, y - 1.3 * r,
                         x + 1.3 * r, y, y + 1.3 * r, x - 1.3 * r);
    case 4:  // triangle on its head
      return fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}z", x, y + 1.2 * r, x + 1.15 * r, y - 0.9 * r,
                         x - 1.15 * r);
    case 5:  // plus
      return fmt::format(
          "M{0:.1f} "
          "{1:.1f}h{2:.1f}v{3:.1f}h{3:.1f}v{2:.1f}h-{3:.1f}v{3:.1f}h-{2:.1f}v-{3:.1f}h-{3:.1f}v-{2:.1f}h{3:."
          "1f}z",
          x - 0.4 * r, y - 1.3 * r, 0.8 * r, 0.9 * r);
    case 6:  // bar
      return fmt::format("M{:.1f} {:.1f}h{:.1f}v{:.1f}h-{:.1f}z", x - 1.3 * r, y - 0.5 * r, 2.6 * r, r,
                         2.6 * r);
    default:  // upright bar
      return fmt::format("M{:.1f} {:.1f}h{:.1f}v{:.1f}h-{:.1f}z", x - 0.5 * r, y - 1.3 * r, r, 2.6 * r, r);
  }
}

const char* dashes(int index) {
  constexpr std::array kDashes = {"", "6 3", "2 2", "8 3 2 3", "4 2", "1 3", "10 3", "3 5"};
  return kDashes[static_cast<size_t>(index % kChartColours)];
}

std::string short_number(double value) {
  const double size = std::fabs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-3)) return fmt::format("{:.2g}", value);
  constexpr std::array<const char*, 5> kUnits = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  double scaled = value;
  while (std::fabs(scaled) >= 1000 && unit + 1 < kUnits.size()) scaled /= 1000, ++unit;
  return fmt::format("{:.3g}{}", scaled, kUnits[unit]);
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks) {
  std::vector<std::string> labels;
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  const double power = std::floor(std::log10(step) + 1e-9);
  const bool quarter = std::fabs(step / std::pow(10, power) - 2.5) < 1e-6;
  const int decimals = std::max(0, static_cast<int>(-power) + (quarter ? 1 : 0));
  for (const double tick : ticks) {
    const bool plain = std::fabs(ticks.back()) < 1000 && std::fabs(ticks.front()) < 1000 && decimals < 7;
    labels.push_back(plain ? fmt::format("{:.{}f}", tick == 0 ? 0.0 : tick, decimals) : short_number(tick));
  }
  return labels;
}

std::string svg_head(double height, const std::string& title, const std::string& what) {
  return fmt::format("<svg class=\"chart\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n",
                     kChartWidth, height,
                     escape_html(fmt::format("{}: {}; the table below has the same numbers", title, what)));
}

Html chart_figure(const std::string& kind, const std::string& title, const std::string& meaning,
                  const std::string& svg, const std::string& legend, const Table& table) {
  Html figure = {fmt::format(
      "<figure class=\"plot\" data-chart=\"{}\">\n<figcaption><strong>{}</strong> {}</figcaption>\n", kind,
      escape_html(title), escape_html(meaning))};
  if (!legend.empty()) figure += {"<ul class=\"legend\">\n" + legend + "</ul>\n"};
  figure += {svg};
  figure += html_details("As a table", html_table(table));
  figure += {"</figure>\n"};
  return figure;
}

std::string chart_style() {
  // Okabe and Ito's palette for colour-blind readers, darker where it lies on white.
  constexpr std::array kLight = {"#0062a3", "#b84a00", "#00745a", "#a8437f",
                                 "#7a6200", "#2b7fb8", "#444b57", "#8a2c0d"};
  constexpr std::array kDark = {"#6cb8ee", "#f0903c", "#3cc79f", "#e39ac4",
                                "#e6c84a", "#9fd5f7", "#c3c8d1", "#f2a58c"};
  std::string css;
  for (int i = 0; i < kChartColours; ++i)
    css += fmt::format(".k{}{{--k:{}}}", i, kLight[static_cast<size_t>(i)]);
  css += "\n@media screen and (prefers-color-scheme:dark){";
  for (int i = 0; i < kChartColours; ++i)
    css += fmt::format(".k{}{{--k:{}}}", i, kDark[static_cast<size_t>(i)]);
  return css + "}" + R"css(
svg.chart{max-width:460px;margin-top:4px}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .axis{stroke:var(--soft);stroke-width:1}
.chart .tick{font-variant-numeric:tabular-nums}
.chart .line{fill:none;stroke:var(--k);stroke-width:2;stroke-linejoin:round}
.chart .band{fill:var(--k);opacity:.16}
.chart .error{stroke:var(--k);stroke-width:1.3}
.chart .mark,.legend .mark{fill:var(--k);stroke:var(--panel);stroke-width:.8}
.chart .name{fill:var(--text)}
.chart rect.part{fill:var(--k)}
.chart .hatch{stroke:var(--panel);stroke-width:1.4;opacity:.55}
.legend{list-style:none;margin:6px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px}
.legend svg{display:inline-block;width:30px;height:12px;vertical-align:-1px;margin-right:5px}
.legend .line{fill:none;stroke:var(--k);stroke-width:2}
.legend rect{fill:var(--k)}
@media print{.chart .band{opacity:.22}}
)css";
}

}  // namespace evergreen
