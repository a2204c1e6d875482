#include "evergreen/report/heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/report/page_style.hpp"
#include "evergreen/report/terminal.hpp"

namespace evergreen {
namespace {

constexpr double kWidth = 330;  // fits a telephone without being scaled
constexpr double kLetter = 6.3, kGap = 1, kLegendHeight = 34;
constexpr size_t kMaxLabel = 15;  // letters of a column's label

bool is_shown(const std::optional<double>& value) { return value && std::isfinite(*value); }

std::vector<double> shown_values(const HeatMap& map) {
  std::vector<double> values;
  for (const HeatRow& row : map.rows) {
    for (const auto& value : row.values) {
      if (is_shown(value)) values.push_back(*value);
    }
  }
  return values;
}

// A label that leaves room for the cells.
std::string cut(const std::string& label) {
  size_t letters = 0, at = 0;
  while (at < label.size() && letters < kMaxLabel) {
    for (++at; at < label.size() && (static_cast<unsigned char>(label[at]) & 0xC0U) == 0x80;) ++at;
    ++letters;
  }
  return at == label.size() ? label : label.substr(0, at) + "…";
}

size_t longest(const std::vector<std::string>& labels) {
  size_t most = 0;
  for (const std::string& label : labels) most = std::max(most, text_width(label));
  return most;
}

std::string level_class(ColourScale scale, double position) {
  if (scale == ColourScale::sequential) {
    return fmt::format("s{}", std::lround(std::clamp(position, 0.0, 1.0) * (kSequentialLevels - 1)));
  }
  return fmt::format("d{}", std::lround((std::clamp(position, -1.0, 1.0) + 1) / 2 * (kDivergingLevels - 1)));
}

class Drawing {
 public:
  explicit Drawing(const HeatMap& map)
      : map_(map), range_(heat_range(map)), labels_(short_labels(map.columns)) {
    std::vector<std::string> rows;
    for (const HeatRow& row : map.rows) {
      if (!is_bar(row)) rows.push_back(row.label);
    }
    left_ = kLetter * static_cast<double>(longest(rows)) + 6;
    for (std::string& label : labels_) label = cut(label);
    double right = 0;  // the last labels reach beyond the cells
    for (size_t i = 0; i < labels_.size(); ++i) {
      const double slanted = kLetter * 0.71 * static_cast<double>(text_width(labels_[i]));
      top_ = std::max(top_, slanted + 12);
      right = std::max(right, slanted - 20.0 * static_cast<double>(labels_.size() - 1 - i));
    }
    cell_ = (kWidth - left_ - right) / static_cast<double>(std::max<size_t>(1, map.columns.size()));
    cell_ = std::clamp(cell_, 10.0, 34.0);
    row_height_ = map.rows.size() > 48 ? 14 : 20;
    plot_ = cell_ * static_cast<double>(map.columns.size());
    width_ = left_ + plot_ + right;
    bottom_ = top_ + row_height_ * static_cast<double>(map.rows.size());
  }

  std::string svg() const {
    std::string text = fmt::format(
        "<svg viewBox=\"0 0 {0:.0f} {1:.0f}\" style=\"max-width:{0:.0f}px\" role=\"img\" "
        "aria-label=\"{2}\">\n",
        width_, bottom_ + kLegendHeight,
        escape_html(fmt::format("heat map of {}; the table below has the same numbers", map_.title)));
    for (size_t i = 0; i < labels_.size(); ++i) text += column_label(i);
    for (size_t i = 0; i < map_.rows.size(); ++i) text += row(i);
    return text + legend() + "</svg>\n";
  }

 private:
  bool is_bar(const HeatRow& row) const { return row.values.size() == 1 && map_.columns.size() > 1; }

  std::string column_label(size_t column) const {
    const double x = left_ + cell_ * (static_cast<double>(column) + 0.5);
    return fmt::format(
        "<text class=\"column\" transform=\"translate({:.1f} {:.1f}) rotate(-45)\">{}</text>\n", x, top_ - 5,
        escape_html(labels_[column]));
  }

  std::string row(size_t index) const {
    const HeatRow& row = map_.rows[index];
    const double y = top_ + row_height_ * static_cast<double>(index);
    if (is_bar(row)) return bar(row, index, y);
    std::string text = fmt::format("<text class=\"row\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", left_ - 5,
                                   y + row_height_ / 2 + 4, escape_html(row.label));
    for (size_t i = 0; i < std::min(row.values.size(), map_.columns.size()); ++i) {
      const std::string name = fmt::format("{} {}, {}", map_.row_title, row.label, map_.columns[i]);
      text += cell(row.values[i], name, fmt::format("{},{}", index, i),
                   left_ + cell_ * static_cast<double>(i), y, cell_);
    }
    return text;
  }

  std::string bar(const HeatRow& row, size_t index, double y) const {
    const std::string kind = is_shown(row.values[0]) ? level(*row.values[0]) : "none";
    return fmt::format("<g class=\"{}\">", kind) +
           cell(row.values[0], row.label, fmt::format("{},0", index), left_, y, plot_) +
           fmt::format("<text class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text></g>\n", left_ + plot_ / 2,
                       y + row_height_ / 2 + 4, escape_html(row.label));
  }

  std::string cell(const std::optional<double>& value, const std::string& name, const std::string& key,
                   double x, double y, double width) const {
    const std::string text = is_shown(value) ? human_number(*value) : "no value";
    return fmt::format(
        "<rect class=\"{}\" data-k=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "rx=\"2\"><title>{}: {}</title></rect>\n",
        is_shown(value) ? level(*value) : "none", key, x, y, width - kGap, row_height_ - kGap,
        escape_html(name), text);
  }

  std::string level(double value) const { return level_class(map_.scale, range_.position(value)); }

  // A band of all colours, with the value at both ends and in the middle.
  std::string legend() const {
    const bool diverging = map_.scale == ColourScale::diverging;
    const int levels = diverging ? kDivergingLevels : kSequentialLevels;
    const double y = bottom_ + 10, step = plot_ / levels;
    std::string text;
    for (int i = 0; i < levels; ++i) {
      text += fmt::format("<rect class=\"{}{}\" x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"8\"/>\n",
                          diverging ? 'd' : 's', i, left_ + step * i, y, step + 0.4);
    }
    for (const auto& [share, anchor, sign] :
         {std::tuple{0.0, "start", "≤ "}, {0.5, "middle", ""}, {1.0, "end", "≥ "}}) {
      const double value = range_.value(diverging ? 2 * share - 1 : share);
      text += fmt::format("<text style=\"text-anchor:{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}{}</text>\n", anchor,
                          left_ + plot_ * share, y + 21, range_.cut ? sign : "", human_number(value));
    }
    return text;
  }

  const HeatMap& map_;
  HeatRange range_;
  std::vector<std::string> labels_;
  double left_ = 0, top_ = 0, cell_ = 0, row_height_ = 0, plot_ = 0, width_ = 0, bottom_ = 0;
};

Table table_of(const HeatMap& map) {
  Table table{map.title, {map.row_title}, {}, 1};
  for (const std::string& label : short_labels(map.columns)) table.columns.push_back(label);
  for (const HeatRow& row : map.rows) {
    std::vector<std::string> cells = {row.label};
    for (const auto& value : row.values) cells.push_back(is_shown(value) ? human_number(*value) : "–");
    cells.resize(table.columns.size());
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string ending(const std::string& name, size_t parts) {
  size_t at = name.size();
  for (; parts > 0 && at != 0 && at != std::string::npos; --parts) at = name.rfind('.', at - 1);
  return at == 0 || at == std::string::npos ? name : name.substr(at + 1);
}

}  // namespace

double HeatRange::position(double value) const {
  if (!logarithmic) return value / high;
  return value <= low ? 0 : std::log(value / low) / std::log(high / low);
}

double HeatRange::value(double position) const {
  return logarithmic ? low * std::pow(high / low, position) : high * position;
}

HeatRange heat_range(const HeatMap& map) {
  std::vector<double> sizes;
  for (const double value : shown_values(map)) {
    if (value != 0) sizes.push_back(std::fabs(value));
  }
  const bool diverging = map.scale == ColourScale::diverging;
  if (sizes.empty()) return {diverging ? -1.0 : 0.0, 1};
  std::sort(sizes.begin(), sizes.end());
  const double most = sizes.back(), median = sizes[sizes.size() / 2];
  if (diverging) {
    const double end = std::min(most, 8 * median);
    return {-end, end, false, end < most};
  }
  if (most <= 10 * median) return {0, most};
  return {std::max(sizes.front(), most / 1e4), most, true};
}

std::vector<std::string> short_labels(const std::vector<std::string>& names) {
  std::vector<size_t> parts(names.size(), 1);
  std::vector<std::string> labels = names;
  for (bool clash = true; clash;) {
    std::map<std::string, std::vector<size_t>> users;
    for (size_t i = 0; i < names.size(); ++i) users[labels[i] = ending(names[i], parts[i])].push_back(i);
    clash = false;
    for (const auto& [label, indices] : users) {
      for (const size_t i : indices) {
        if (indices.size() == 1 || label == names[i]) continue;
        ++parts[i];
        clash = true;
      }
    }
  }
  return labels;
}

Html html_heat_map(const HeatMap& map) {
  Html figure = {fmt::format(
      "<figure class=\"map\" data-group=\"{}\">\n<figcaption><strong>{}</strong> {}</figcaption>\n",
      escape_html(map.group.empty() ? map.title : map.group), escape_html(map.title),
      escape_html(map.meaning))};
  figure += {"<p class=\"readout\" aria-live=\"polite\"></p>\n" + Drawing(map).svg()};
  if (heat_range(map).logarithmic) figure += {"<p class=\"small\">Logarithmic colours.</p>\n"};
  figure += html_details("As a table", html_table(table_of(map)));
  figure += {"</figure>\n"};
  return figure;
}

}  // namespace evergreen
