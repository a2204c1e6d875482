#include "evergreen/text/jinja/text_methods.hpp"

#include <algorithm>

#include <utf8proc.h>

#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

template <class Body>
void for_each_character(std::string_view text, Body&& body) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    body(next.code, text.substr(at, next.bytes));
    at += next.bytes;
  }
}

int category(char32_t code) { return utf8proc_category(static_cast<utf8proc_int32_t>(code)); }
bool is_cased_lower(char32_t code) { return utf8proc_islower(static_cast<utf8proc_int32_t>(code)) != 0; }
bool is_cased_upper(char32_t code) { return utf8proc_isupper(static_cast<utf8proc_int32_t>(code)) != 0; }
bool is_cased(char32_t code) {
  return is_cased_lower(code) || is_cased_upper(code) || category(code) == UTF8PROC_CATEGORY_LT;
}

void append_lower(std::string& out, char32_t code) {
  append_utf8(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code))));
}
void append_upper(std::string& out, char32_t code) {
  if (code == 0xDF) {
    out += "SS";  // the one full mapping that is common
  } else {
    append_utf8(out, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(code))));
  }
}
void append_title(std::string& out, char32_t code) {
  if (code == 0xDF) {
    out += "Ss";
  } else {
    append_utf8(out, static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(code))));
  }
}

bool is_line_end(char32_t code) {
  return (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 || code == 0x2028 ||
         code == 0x2029;
}

std::vector<std::string> split_at_space(std::string_view text, int64_t limit) {
  std::vector<std::string> parts;
  size_t at = 0;
  const auto skip = [&](bool space) {
    while (at < text.size()) {
      const Utf8Char next = decode_utf8(text, at);
      if (is_python_space(next.code) != space) break;
      at += next.bytes;
    }
  };
  for (skip(true); at < text.size(); skip(true)) {
    if (limit >= 0 && static_cast<int64_t>(parts.size()) == limit) {
      parts.push_back(strip(text.substr(at), Side::right, std::nullopt));
      break;
    }
    const size_t begin = at;
    skip(false);
    parts.emplace_back(text.substr(begin, at - begin));
  }
  return parts;
}

std::vector<std::string> split_at_space_from_right(std::string_view text, int64_t limit) {
  std::vector<std::string> all = split_at_space(text, -1);
  if (limit < 0 || static_cast<int64_t>(all.size()) <= limit) return all;
  // What stays together is the beginning of the text, with the spaces inside it.
  std::string rest(text);
  std::vector<std::string> parts;
  for (int64_t i = 0; i < limit; ++i) {
    rest = strip(rest, Side::right, std::nullopt);
    parts.insert(parts.begin(), all[all.size() - 1 - static_cast<size_t>(i)]);
    rest.resize(rest.size() - parts.front().size());
  }
  parts.insert(parts.begin(), strip(rest, Side::both, std::nullopt));
  return parts;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string out;
  for_each_character(text, [&](char32_t code, std::string_view) { append_lower(out, code); });
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out;
  for_each_character(text, [&](char32_t code, std::string_view) { append_upper(out, code); });
  return out;
}

std::string to_title(std::string_view text) {
  std::string out;
  bool inside = false;
  for_each_character(text, [&](char32_t code, std::string_view) {
    inside ? append_lower(out, code) : append_title(out, code);
    inside = is_cased(code);
  });
  return out;
}

std::string swap_case(std::string_view text) {
  std::string out;
  for_each_character(text, [&](char32_t code, std::string_view) {
    is_cased_upper(code) ? append_lower(out, code) : append_upper(out, code);
  });
  return out;
}

std::string capitalize(std::string_view text) {
  std::string out;
  bool first = true;
  for_each_character(text, [&](char32_t code, std::string_view) {
    first ? append_title(out, code) : append_lower(out, code);
    first = false;
  });
  return out;
}

std::string strip(std::string_view text, Side side, const std::optional<std::string>& characters) {
  const auto goes = [&](size_t at) {
    const Utf8Char next = decode_utf8(text, at);
    if (!characters) return is_python_space(next.code);
    return characters->find(text.substr(at, next.bytes)) != std::string::npos;
  };
  size_t begin = 0, end = text.size();
  while (side != Side::right && begin < end && goes(begin)) begin += decode_utf8(text, begin).bytes;
  while (side != Side::left && end > begin) {
    size_t last = end - 1;
    while (last > begin && (static_cast<uint8_t>(text[last]) & 0xC0) == 0x80) --last;
    if (!goes(last)) break;
    end = last;
  }
  return std::string(text.substr(begin, end - begin));
}

std::vector<std::string> split(std::string_view text, const std::optional<std::string>& separator,
                               int64_t limit, bool from_right) {
  if (!separator) return from_right ? split_at_space_from_right(text, limit) : split_at_space(text, limit);
  std::vector<std::string> parts;
  const auto may_cut = [&] { return limit < 0 || static_cast<int64_t>(parts.size()) < limit; };
  if (from_right) {
    for (size_t found = text.rfind(*separator); may_cut() && found != std::string_view::npos;
         found = text.rfind(*separator)) {
      parts.emplace_back(text.substr(found + separator->size()));
      text = text.substr(0, found);
    }
    parts.emplace_back(text);
    std::reverse(parts.begin(), parts.end());
    return parts;
  }
  for (size_t found = text.find(*separator); may_cut() && found != std::string_view::npos;
       found = text.find(*separator)) {
    parts.emplace_back(text.substr(0, found));
    text.remove_prefix(found + separator->size());
  }
  parts.emplace_back(text);
  return parts;
}

std::vector<std::string> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    const size_t end = at;
    at += next.bytes;
    if (!is_line_end(next.code)) continue;
    if (next.code == '\r' && at < text.size() && text[at] == '\n') ++at;
    lines.emplace_back(text.substr(begin, (keep_ends ? at : end) - begin));
    begin = at;
  }
  if (begin < text.size()) lines.emplace_back(text.substr(begin));
  return lines;
}

std::string replace_all(std::string_view text, std::string_view old, std::string_view replacement,
                        int64_t limit) {
  std::string out;
  size_t at = 0;
  for (int64_t done = 0; limit < 0 || done < limit; ++done) {
    if (old.empty()) {  // between all characters, and at both ends
      out += replacement;
      if (at >= text.size()) return out;
      const size_t bytes = decode_utf8(text, at).bytes;
      out.append(text.substr(at, bytes));
      at += bytes;
      continue;
    }
    const size_t found = text.find(old, at);
    if (found == std::string_view::npos) break;
    out.append(text.substr(at, found - at)).append(replacement);
    at = found + old.size();
  }
  return out.append(text.substr(at));
}

size_t byte_of_character(std::string_view text, size_t index) {
  size_t at = 0;
  while (index > 0 && at < text.size()) {
    at += decode_utf8(text, at).bytes;
    --index;
  }
  return std::min(at, text.size());
}

bool is_lower_text(std::string_view text) {
  bool any = false, other = false;
  for_each_character(text, [&](char32_t code, std::string_view) {
    any |= is_cased_lower(code);
    other |= is_cased(code) && !is_cased_lower(code);
  });
  return any && !other;
}

bool is_upper_text(std::string_view text) {
  bool any = false, other = false;
  for_each_character(text, [&](char32_t code, std::string_view) {
    any |= is_cased_upper(code);
    other |= is_cased(code) && !is_cased_upper(code);
  });
  return any && !other;
}

bool is_title_text(std::string_view text) {
  bool any = false, wrong = false, inside = false;
  for_each_character(text, [&](char32_t code, std::string_view) {
    const bool begins = is_cased_upper(code) || category(code) == UTF8PROC_CATEGORY_LT;
    if (begins || is_cased_lower(code)) {
      wrong |= begins == inside;
      any = true;
    }
    inside = is_cased(code);
  });
  return any && !wrong;
}

bool all_characters(std::string_view text, std::string_view kind) {
  const auto fits = [&](char32_t code) {
    const int c = category(code);
    const bool alpha = c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
    const bool superscript = code == 0xB2 || code == 0xB3 || code == 0xB9 || code == 0x2070 ||
                             (code >= 0x2074 && code <= 0x2079) || (code >= 0x2080 && code <= 0x2089);
    const bool numeric = c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO;
    if (kind == "alpha") return alpha;
    if (kind == "decimal") return c == UTF8PROC_CATEGORY_ND;
    if (kind == "digit") return c == UTF8PROC_CATEGORY_ND || superscript;
    if (kind == "numeric") return numeric;
    if (kind == "alnum") return alpha || numeric;
    if (kind == "space") return is_python_space(code);
    return code < 0x80;  // "ascii"
  };
  bool all = kind == "ascii" || !text.empty();
  for_each_character(text, [&](char32_t code, std::string_view) { all = all && fits(code); });
  return all;
}

}  // namespace evergreen::jinja
