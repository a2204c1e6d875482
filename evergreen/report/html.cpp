#include "evergreen/report/html.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "evergreen/report/page_style.hpp"

namespace evergreen {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Bytes of the UTF-8 character that begins at `at`, or 0 if there is none (Unicode 15, table 3-7).
size_t utf8_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0U) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, too_large = first == 0xF4 && second > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_large ? 4 : 0;
  }
  return 0;
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool is_control(char c) {
  const auto code = static_cast<unsigned char>(c);
  return (code < 0x20 && c != '\n' && c != '\t') || code == 0x7F;
}

Html element(std::string_view name, std::string_view attributes, const std::string& inside) {
  return {fmt::format("<{0}{1}{2}>{3}</{0}>\n", name, attributes.empty() ? "" : " ", attributes, inside)};
}

std::string table_row(const Table& table, const std::vector<std::string>& cells) {
  std::string row = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string text = escape_html(cells[i]);
    if (i == 0) {
      row += "<th scope=\"row\">" + text + "</th>";
    } else {
      row += (i < table.text_columns ? "<td class=\"words\">" : "<td>") + text + "</td>";
    }
  }
  return row + "</tr>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8_length(text, at);
    if (length == 0 || is_control(text[at])) {
      escaped += kReplacement;
      ++at;
      continue;
    }
    const std::string_view special = entity(text[at]);
    escaped += special.empty() ? text.substr(at, length) : special;
    at += length;
  }
  return escaped;
}

Html html_paragraph(const std::string& text) { return element("p", "", escape_html(text)); }

Html html_list(const std::vector<std::string>& items) {
  if (items.empty()) return {};
  Html list;
  for (const std::string& item : items) list += element("li", "", escape_html(item));
  return element("ul", "", list.text);
}

Html html_key_figures(const std::vector<KeyFigure>& figures) {
  Html all;
  for (const KeyFigure& figure : figures) {
    Html one = element("dt", "", escape_html(figure.label));
    one += element("dd", "class=\"value\"", escape_html(figure.value));
    if (!figure.note.empty()) one += element("dd", "class=\"note\"", escape_html(figure.note));
    all += element("div", "", one.text);
  }
  return element("dl", "class=\"figures\"", all.text);
}

Html html_table(const Table& table) {
  std::string text = "<caption>" + escape_html(table.caption) + "</caption>\n<thead><tr>";
  for (size_t i = 0; i < table.columns.size(); ++i) {
    text += i < table.text_columns ? "<th scope=\"col\" class=\"words\">" : "<th scope=\"col\">";
    text += escape_html(table.columns[i]) + "</th>";
  }
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) text += table_row(table, row);
  text += "</tbody>";
  // A region that scrolls can be reached, and so scrolled, by the keyboard.
  return element("div",
                 fmt::format("class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"",
                             escape_html(table.caption)),
                 element("table", "", text).text);
}

Html html_remarks(const std::vector<Remark>& remarks) {
  Html list;
  for (const Remark& remark : remarks) {
    const char* tone = remark.tone == Tone::good ? "good" : remark.tone == Tone::bad ? "bad" : "open";
    std::string inside = element("b", "", escape_html(remark.word)).text;
    if (!remark.about.empty()) inside += element("strong", "", escape_html(remark.about)).text;
    inside += element("span", "", escape_html(remark.text)).text;
    list += element("li", fmt::format("class=\"{}\"", tone), inside);
  }
  return element("ul", "class=\"remarks\"", list.text);
}

Html html_quote(const std::string& title, const std::string& text) {
  return element("div", "class=\"quote\"",
                 element("h3", "", escape_html(title)).text + element("p", "", escape_html(text)).text);
}

Html html_details(const std::string& summary, const Html& body, bool open) {
  return element("details", open ? "open" : "",
                 element("summary", "", escape_html(summary)).text + body.text);
}

Html html_section(const std::string& title, const Html& body) {
  return element("section", "", element("h2", "", escape_html(title)).text + body.text);
}

Html html_side_by_side(const std::vector<Html>& parts) {
  Html all;
  for (const Html& part : parts) all += part;
  return element("div", "class=\"beside\"", all.text);
}

std::string html_page(const Page& page) {
  const std::string title = escape_html(page.title);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
         title + "</title>\n<style>\n" + page_style() + "</style>\n</head>\n<body>\n<header>\n<h1>" + title +
         "</h1>\n<p>" + escape_html(page.subtitle) + "</p>\n</header>\n<main>\n" + page.body.text +
         "</main>\n<footer><p>" + escape_html(page.footer) + "</p></footer>\n<script>\n" + page_script() +
         "</script>\n</body>\n</html>\n";
}

}  // namespace evergreen
