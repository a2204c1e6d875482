#include <algorithm>
#include <array>

#include "evergreen/ifeval/kinds.hpp"
#include "evergreen/ifeval/python_json.hpp"
#include "evergreen/ifeval/python_pattern.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

size_t skip_spaces(std::string_view text, size_t at) {
  while (at < text.size()) {
    const Utf8Char c = char_at(text, at);
    if (!is_space(c.code)) break;
    at += c.bytes;
  }
  return at;
}

// Lines that begin with white space and a bullet: matches of ^\s*\*[^\*].*$ and of ^\s*-.*$. The white space may
// be several lines, and the character after "*" may be the end of the line.
size_t count_bullets(std::string_view text, char bullet) {
  size_t found = 0;
  for (size_t line = 0; line <= text.size();) {
    const size_t at = skip_spaces(text, line);
    size_t from = at;  // where the rest of the line begins
    if (at < text.size() && text[at] == bullet) {
      if (bullet != '*') {
        ++found;
      } else if (at + 1 < text.size() && text[at + 1] != '*') {
        ++found;
        from = at + 1 + char_at(text, at + 1).bytes;
      }
    }
    const size_t end = text.find('\n', from);
    if (end == text.npos) break;
    line = end + 1;
  }
  return found;
}

Check number_bullet_lists(Arguments& arguments) {
  return [wanted = arguments.number("num_bullets")](const ResponseText& response) {
    return static_cast<double>(count_bullets(response.text(), '*') + count_bullets(response.text(), '-')) ==
           wanted;
  };
}

// Matches of \*[^\n\*]*\* (stars 1) or \*\*[^\n\*]*\*\* (stars 2) with something between the stars.
size_t count_highlights(std::string_view text, size_t stars) {
  const std::string_view mark = std::string_view("**").substr(0, stars);
  size_t found = 0;
  for (size_t at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
    const size_t end = find_any(text, "*\n", at + stars);
    if (end == text.npos) break;
    if (text.substr(end, stars) != mark) {
      ++at;
      continue;
    }
    found += !strip(text.substr(at + stars, end - at - stars)).empty();
    at = end + stars;
  }
  return found;
}

Check number_highlighted_sections(Arguments& arguments) {
  return [wanted = arguments.number("num_highlights")](const ResponseText& response) {
    return static_cast<double>(count_highlights(response.text(), 1) + count_highlights(response.text(), 2)) >=
           wanted;
  };
}

// re.split gives the groups of the pattern too, so that each counts as a section.
Check multiple_sections(Arguments& arguments) {
  const std::string splitter(strip(arguments.text("section_spliter")));
  const double wanted = arguments.number("num_sections");
  const PythonPattern pattern(R"(\s?)" + splitter + R"(\s?\d+\s?)");
  return [pattern, wanted](const ResponseText& response) {
    const size_t sections = pattern.count(response.text()) * (1 + pattern.groups());
    return static_cast<double>(sections) >= wanted;
  };
}

std::string_view remove_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

Check json_format(Arguments&) {
  return [](const ResponseText& response) {
    std::string_view text = strip(response.text());
    for (const char* fence : {"```json", "```Json", "```JSON", "```"}) text = remove_prefix(text, fence);
    if (text.ends_with("```")) text.remove_suffix(3);
    return is_python_json(strip(text));
  };
}

Check constrained_response(Arguments&) {
  return [](const ResponseText& response) {
    static constexpr std::array<std::string_view, 3> options = {"My answer is yes.", "My answer is no.",
                                                                "My answer is maybe."};
    return std::any_of(options.begin(), options.end(), [&](std::string_view option) {
      return response.text().find(option) != std::string_view::npos;
    });
  };
}

// A match of <<[^\n]+>>, the longest of its line, with something in it.
bool has_title(std::string_view line) {
  const size_t begin = line.find("<<"), end = line.rfind(">>");
  if (begin == line.npos || end == line.npos || end < begin + 3) return false;
  const std::string_view match = line.substr(begin, end + 2 - begin);
  return !strip(strip_end_chars(strip_start_chars(match, "<"), ">")).empty();
}

Check title(Arguments&) {
  return [](const ResponseText& response) {
    const std::vector<std::string_view> lines = split(response.text(), "\n");
    return std::any_of(lines.begin(), lines.end(), has_title);
  };
}

}  // namespace

std::vector<Kind> format_kinds() {
  return {{"detectable_format:constrained_response", constrained_response},
          {"detectable_format:json_format", json_format},
          {"detectable_format:multiple_sections", multiple_sections},
          {"detectable_format:number_bullet_lists", number_bullet_lists},
          {"detectable_format:number_highlighted_sections", number_highlighted_sections},
          {"detectable_format:title", title}};
}

}  // namespace evergreen::ifeval
