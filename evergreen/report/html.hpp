// Pieces of a self-contained HTML page: no network, no fonts or scripts from elsewhere, readable on a telephone, in the
// dark and on paper.
//
// What is std::string is plain text and is escaped here; what is Html is markup. So nothing is escaped twice or
// never, whatever paths and tensor names hold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

struct Html {
  std::string text;
  Html& operator+=(const Html& more) {
    text += more.text;
    return *this;
  }
};

// Text for the inside of elements and of attributes in double quotes. Ill-formed UTF-8 and control characters
// become U+FFFD.
std::string escape_html(std::string_view text);

struct KeyFigure {
  std::string value, label, note;  // "0.0123", "|R| / |base|", "how far instruct is from base"
};

struct Table {
  std::string caption;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  size_t text_columns = 1;  // the first ones hold words; the others numbers, aligned at the right
};

Html html_paragraph(const std::string& text);
Html html_list(const std::vector<std::string>& items);  // empty: nothing
Html html_key_figures(const std::vector<KeyFigure>& figures);
Html html_table(const Table& table);  // scrolls by itself where it is too wide
// What was found, one below the other: a word ("kept") on a coloured edge, what it is about, and why.
enum class Tone { good, bad, open };
struct Remark {
  Tone tone = Tone::open;
  std::string word, about, text;
};
Html html_remarks(const std::vector<Remark>& remarks);
// Text as it was written, with its lines, under a title.
Html html_quote(const std::string& title, const std::string& text);
// Folded away unless `open`.
Html html_details(const std::string& summary, const Html& body, bool open = false);
Html html_section(const std::string& title, const Html& body);
Html html_side_by_side(const std::vector<Html>& parts);  // one below the other where there is no room

struct Page {
  std::string title, subtitle, footer;
  Html body;
};
// The document, with style and script inside.
std::string html_page(const Page& page);

}  // namespace evergreen
