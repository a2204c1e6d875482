#include "evergreen/report/markdown.hpp"

namespace evergreen {
namespace {

std::string markdown_cell(const std::string& text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '<' || c == '`' || c == '*' || c == '_') cell += '\\';
    cell += c == '\n' || c == '\r' ? ' ' : c;
  }
  return cell;
}

std::string markdown_row(const std::vector<std::string>& cells, size_t columns) {
  std::string row = "|";
  for (size_t i = 0; i < columns; ++i) row += " " + (i < cells.size() ? markdown_cell(cells[i]) : "") + " |";
  return row + "\n";
}

}  // namespace

std::string markdown_table(const Table& table) {
  std::string text = table.caption.empty() ? "" : "**" + markdown_cell(table.caption) + "**\n\n";
  text += markdown_row(table.columns, table.columns.size()) + "|";
  for (size_t i = 0; i < table.columns.size(); ++i) text += i < table.text_columns ? "---|" : "---:|";
  text += "\n";
  for (const auto& row : table.rows) text += markdown_row(row, table.columns.size());
  return text;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += ',';
    if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
      line += cells[i];
      continue;
    }
    line += '"';
    for (const char c : cells[i]) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + "\n";
}

std::string csv_table(const Table& table) {
  std::string text = csv_line(table.columns);
  for (const auto& row : table.rows) text += csv_line(row);
  return text;
}

}  // namespace evergreen
