#include "evergreen/report/terminal.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"

namespace evergreen {
namespace {

constexpr size_t kBetween = 2;  // blanks between columns of a table

std::string at_left(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, text_width(text)), ' ');
}
std::string at_right(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text_width(text)), ' ') + text;
}

void trim_right(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

// "post_attention_layernorm" as the lines of a narrow heading.
std::vector<std::string> heading_lines(const std::string& label) {
  std::vector<std::string> lines(1);
  for (const char c : label) {
    if ((c == '_' || c == '.') && !lines.back().empty()) {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

int cube_level(uint8_t channel) { return channel < 48 ? 0 : channel < 115 ? 1 : (channel - 35) / 40; }

std::string ground_code(Rgb c, TerminalColour colour) {
  if (colour == TerminalColour::of_all) return fmt::format("48;2;{};{};{}", c.red, c.green, c.blue);
  return fmt::format("48;5;{}", 16 + 36 * cube_level(c.red) + 6 * cube_level(c.green) + cube_level(c.blue));
}

class TextMap {
 public:
  TextMap(const HeatMap& map, TerminalColour colour) : map_(map), colour_(colour), range_(heat_range(map)) {
    label_width_ = text_width(map.row_title);
    for (const HeatRow& row : map.rows) {
      if (!is_bar(row)) label_width_ = std::max(label_width_, text_width(row.label));
    }
    const std::vector<std::string> labels = short_labels(map.columns);
    for (size_t i = 0; i < labels.size(); ++i) {
      headings_.push_back(heading_lines(labels[i]));
      size_t width = 6;
      for (const std::string& line : headings_.back()) width = std::max(width, text_width(line));
      for (const HeatRow& row : map.rows) {
        if (!is_bar(row) && i < row.values.size())
          width = std::max(width, text_width(value_text(row.values[i])));
      }
      widths_.push_back(width);
    }
  }

  std::string text(size_t width) const {
    std::string all;
    for (size_t first = 0; first < widths_.size();) {
      size_t last = first, used = label_width_;
      while (last < widths_.size() && (last == first || used + widths_[last] + 2 <= width))
        used += widths_[last++] + 2;
      if (first > 0) all += '\n';
      all += block(first, last);
      first = last;
    }
    return all + bars();
  }

 private:
  bool is_bar(const HeatRow& row) const { return row.values.size() == 1 && map_.columns.size() > 1; }

  static std::string value_text(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? human_number(*value) : "–";
  }

  std::string cell(const std::optional<double>& value, size_t width) const {
    const std::string text = " " + at_right(value_text(value), width) + " ";
    if (colour_ == TerminalColour::none || !value || !std::isfinite(*value)) return text;
    const Rgb ground = colour_at(map_.scale, Ground::dark, range_.position(*value));
    return fmt::format("\x1b[{};{}m{}\x1b[0m", ground_code(ground, colour_),
                       wants_dark_text(ground) ? 30 : 97, text);
  }

  std::string block(size_t first, size_t last) const {
    size_t lines = 1;
    for (size_t i = first; i < last; ++i) lines = std::max(lines, headings_[i].size());
    std::string text;
    for (size_t line = 0; line < lines; ++line) {
      std::string heading = at_left(line + 1 == lines ? map_.row_title : "", label_width_);
      for (size_t i = first; i < last; ++i) {
        const size_t above = lines - headings_[i].size();
        heading += " " + at_right(line < above ? "" : headings_[i][line - above], widths_[i]) + " ";
      }
      trim_right(heading);
      text += heading + "\n";
    }
    for (const HeatRow& row : map_.rows) {
      if (is_bar(row)) continue;
      std::string cells = at_right(row.label, label_width_);
      for (size_t i = first; i < std::min(last, row.values.size()); ++i)
        cells += cell(row.values[i], widths_[i]);
      trim_right(cells);
      text += cells + "\n";
    }
    return text;
  }

  std::string bars() const {
    size_t width = 0, value_width = 6;
    for (const HeatRow& row : map_.rows) {
      if (!is_bar(row)) continue;
      width = std::max(width, text_width(row.label));
      value_width = std::max(value_width, text_width(value_text(row.values[0])));
    }
    std::string text;
    for (const HeatRow& row : map_.rows) {
      if (!is_bar(row)) continue;
      std::string line = at_left(row.label, width) + cell(row.values[0], value_width);
      trim_right(line);
      text += line + "\n";
    }
    return text;
  }

  const HeatMap& map_;
  TerminalColour colour_;
  HeatRange range_;
  size_t label_width_ = 0;
  std::vector<std::vector<std::string>> headings_;
  std::vector<size_t> widths_;
};

}  // namespace

size_t text_width(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::string text_table(const Table& table) {
  std::vector<size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(text_width(column));
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < std::min(row.size(), widths.size()); ++i)
      widths[i] = std::max(widths[i], text_width(row[i]));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (size_t i = 0; i < std::min(cells.size(), widths.size()); ++i) {
      if (i > 0) text += std::string(kBetween, ' ');
      text += i < table.text_columns ? at_left(cells[i], widths[i]) : at_right(cells[i], widths[i]);
    }
    trim_right(text);
    return text + "\n";
  };
  std::string text = line(table.columns);
  for (const auto& row : table.rows) text += line(row);
  return text;
}

std::string text_heat_map(const HeatMap& map, TerminalColour colour, size_t width) {
  return TextMap(map, colour).text(width);
}

}  // namespace evergreen
