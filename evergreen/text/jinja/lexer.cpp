#include "evergreen/text/jinja/lexer.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

// "\r\n" and "\r" become "\n"; one newline at the end goes unless it is kept.
std::string normalize_newlines(std::string_view source, bool keep_last) {
  std::string out;
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out.push_back('\n');
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out.push_back(source[i]);
    }
  }
  if (!keep_last && out.ends_with('\n')) out.pop_back();
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
bool continues_name(char c) { return begins_name(c) || is_digit(c); }

class Lexer {
 public:
  Lexer(std::string_view source, const Dialect& dialect)
      : dialect_(dialect), text_(normalize_newlines(source, dialect.keep_trailing_newline)) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) root();
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  struct Tag {
    size_t begin = 0;
    char kind = 0;  // '{', '%' or '#'
  };

  [[noreturn]] void fail(const std::string& message) { throw_template_error(message, position(at_)); }

  Position position(size_t at) {  // `at` never goes back: each byte is counted once
    for (; counted_ < at; ++counted_) {
      if (text_[counted_] == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((text_[counted_] & 0xC0) != 0x80) {
        ++place_.column;
      }
    }
    return place_;
  }

  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), position(at_)}); }

  bool at(std::string_view word) const { return std::string_view(text_).substr(at_).starts_with(word); }

  std::optional<Tag> find_tag() const {
    for (size_t i = text_.find('{', at_); i != std::string::npos; i = text_.find('{', i + 1)) {
      if (i + 1 < text_.size() && (text_[i + 1] == '{' || text_[i + 1] == '%' || text_[i + 1] == '#')) {
        return Tag{i, text_[i + 1]};
      }
    }
    return std::nullopt;
  }

  // Text up to a tag: its end is trimmed as the tag's sign and lstrip_blocks say.
  std::string trimmed(std::string_view data, char sign, bool is_variable) const {
    if (sign == '-') {
      size_t end = data.size();
      while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && (data[start] & 0xC0) == 0x80) --start;
        if (!is_python_space(decode_utf8(data, start).code)) break;
        end = start;
      }
      return std::string(data.substr(0, end));
    }
    if (sign != '+' && !is_variable && dialect_.lstrip_blocks) {
      const size_t newline = data.rfind('\n');
      const size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      const bool starts_line = line > 0 || line_starting_;
      // lstrip_blocks goes by one or more characters of white space, all of them
      if (starts_line && line < data.size() && skip_space_in(data, line) == data.size()) {
        return std::string(data.substr(0, line));
      }
    }
    return std::string(data);
  }

  static size_t skip_space_in(std::string_view data, size_t at) {
    while (at < data.size()) {
      const Utf8Char next = decode_utf8(data, at);
      if (!is_python_space(next.code)) break;
      at += next.bytes;
    }
    return at;
  }

  void skip_space() { at_ = skip_space_in(text_, at_); }

  void add_data(std::string data) {
    if (!data.empty()) add(TokenKind::data, std::move(data));
  }

  void root() {
    const std::optional<Tag> tag = find_tag();
    const std::string_view rest = std::string_view(text_).substr(at_);
    if (!tag) {
      add_data(std::string(rest));
      at_ = text_.size();
      return;
    }
    const size_t after = tag->begin + 2;
    const char sign = after < text_.size() && (text_[after] == '-' || text_[after] == '+') ? text_[after] : 0;
    add_data(trimmed(rest.substr(0, tag->begin - at_), sign, tag->kind == '{'));
    at_ = tag->begin;
    const Position begin = position(at_);
    at_ = after + (sign != 0);
    line_starting_ = false;
    if (tag->kind == '#') {
      comment(begin);
    } else if (tag->kind == '%' && raw_begins()) {
      raw(begin);
    } else {
      tokens_.push_back({tag->kind == '{' ? TokenKind::variable_begin : TokenKind::block_begin, "", begin});
      inside_tag(tag->kind == '{');
    }
  }

  // After the end of a tag: "-" takes all white space, else trim_blocks takes one newline (not after a variable).
  void finish_tag(size_t end, char sign, bool trim) {
    at_ = end;
    if (sign == '-') {
      skip_space();
    } else if (sign != '+' && trim && dialect_.trim_blocks && at_ < text_.size() && text_[at_] == '\n') {
      ++at_;
    }
    line_starting_ = text_[at_ - 1] == '\n';
  }

  void comment(Position begin) {
    const size_t close = text_.find("#}", at_);
    if (close == std::string::npos) throw_template_error("missing end of comment tag", begin);
    const char last = close > at_ ? text_[close - 1] : 0;
    finish_tag(close + 2, last == '-' || last == '+' ? last : 0, true);
  }

  bool raw_begins() {
    size_t i = skip_space_in(text_, at_);
    if (text_.compare(i, 3, "raw") != 0) return false;
    i = skip_space_in(text_, i + 3);
    const bool strip = text_.compare(i, 3, "-%}") == 0;
    if (!strip && text_.compare(i, 2, "%}") != 0) return false;
    at_ = i + (strip ? 3 : 2);
    if (strip) skip_space();
    line_starting_ = text_[at_ - 1] == '\n';
    return true;
  }

  void raw(Position begin) {
    for (size_t i = text_.find("{%", at_); i != std::string::npos; i = text_.find("{%", i + 1)) {
      size_t j = i + 2;
      const char sign = j < text_.size() && (text_[j] == '-' || text_[j] == '+') ? text_[j] : 0;
      j = skip_space_in(text_, j + (sign != 0));
      if (text_.compare(j, 6, "endraw") != 0) continue;
      j = skip_space_in(text_, j + 6);
      const char end_sign = j < text_.size() && (text_[j] == '-' || text_[j] == '+') ? text_[j] : 0;
      j += end_sign != 0;
      if (text_.compare(j, 2, "%}") != 0) continue;
      add_data(trimmed(std::string_view(text_).substr(at_, i - at_), sign, false));
      finish_tag(j + 2, end_sign, true);
      return;
    }
    throw_template_error("missing end of raw directive", begin);
  }

  bool tag_ends(bool is_variable) {
    const std::string_view close = is_variable ? "}}" : "%}";
    const char sign = text_[at_] == '-' || (text_[at_] == '+' && !is_variable) ? text_[at_] : 0;
    if (std::string_view(text_).substr(at_ + (sign != 0), 2) != close) return false;
    add(is_variable ? TokenKind::variable_end : TokenKind::block_end, "");
    finish_tag(at_ + (sign != 0) + 2, sign, !is_variable);
    return true;
  }

  void inside_tag(bool is_variable) {
    std::string open;  // brackets that wait for their end
    while (true) {
      skip_space();
      if (at_ >= text_.size()) fail("unexpected end of template, expected the end of this tag");
      if (open.empty() && tag_ends(is_variable)) return;
      const char c = text_[at_];
      if (is_digit(c)) {
        number();
      } else if (begins_name(c)) {
        name();
      } else if (c == '"' || c == '\'') {
        string(c);
      } else {
        symbol(open);
      }
    }
  }

  void name() {
    size_t end = at_;
    while (end < text_.size() && continues_name(text_[end])) ++end;
    add(TokenKind::name, text_.substr(at_, end - at_));
    at_ = end;
  }

  size_t digits(size_t from) const {
    while (from < text_.size() && (is_digit(text_[from]) || (text_[from] == '_' && from + 1 < text_.size() &&
                                                             is_digit(text_[from + 1])))) {
      ++from;
    }
    return from;
  }

  void number() {
    if (text_[at_] == '0' && at_ + 1 < text_.size() &&
        std::string_view("xXoObB").find(text_[at_ + 1]) != std::string_view::npos) {
      size_t end = at_ + 2;
      while (end < text_.size() &&
             (std::isxdigit(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
        ++end;
      return add_number(TokenKind::integer, end);
    }
    size_t end = digits(at_);
    bool real = false;
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
      end = digits(end + 1);
      real = true;
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      size_t exponent = end + 1;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      if (exponent < text_.size() && is_digit(text_[exponent])) {
        end = digits(exponent);
        real = true;
      }
    }
    // As in Jinja, the number behind "x." is an index: "x.0.1" is x[0][1]
    const bool index = !tokens_.empty() && tokens_.back().is_symbol(".");
    if (index && real) {
      end = digits(at_);
      real = false;
    }
    add_number(real ? TokenKind::real : TokenKind::integer, end);
  }

  void add_number(TokenKind kind, size_t end) {
    std::string digits_only = text_.substr(at_, end - at_);
    std::erase(digits_only, '_');
    add(kind, digits_only);
    at_ = end;
  }

  void string(char quote) {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) fail("a string without end");
    add(TokenKind::string, unescape(std::string_view(text_).substr(at_ + 1, end - at_ - 1)));
    at_ = end + 1;
  }

  char32_t hex(std::string_view body, size_t from, size_t count) {
    char32_t code = 0;
    if (from + count > body.size()) fail("a string with a truncated escape");
    for (size_t i = from; i < from + count; ++i) {
      if (!std::isxdigit(static_cast<unsigned char>(body[i]))) fail("a string with a truncated escape");
      code = code * 16 + static_cast<char32_t>(std::stoi(std::string(1, body[i]), nullptr, 16));
    }
    return code;
  }

  // Python's "unicode-escape".
  std::string unescape(std::string_view body) {
    static constexpr std::string_view kLetters = "abfnrtv\\'\"", kMeaning = "\a\b\f\n\r\t\v\\'\"";
    std::string out;
    for (size_t i = 0; i < body.size(); ++i) {
      if (body[i] != '\\' || i + 1 == body.size()) {
        out.push_back(body[i]);
        continue;
      }
      const char c = body[++i];
      if (const size_t known = kLetters.find(c); known != std::string_view::npos) {
        out.push_back(kMeaning[known]);
      } else if (c == '\n') {
        continue;
      } else if (c == 'x' || c == 'u' || c == 'U') {
        const size_t count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        char32_t code = hex(body, i + 1, count);
        i += count;
        if (code >= 0xD800 && code < 0xDC00 &&
            body.substr(i + 1, 2) == "\\u") {  // one character in two halves
          const char32_t low = hex(body, i + 3, 4);
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
        }
        if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
          fail("a string with an escape that is no character");
        append_utf8(out, code);
      } else if (c >= '0' && c <= '7') {
        char32_t code = 0;
        size_t count = 0;
        for (; count < 3 && i < body.size() && body[i] >= '0' && body[i] <= '7'; ++count, ++i) {
          code = code * 8 + static_cast<char32_t>(body[i] - '0');
        }
        --i;
        append_utf8(out, code);
      } else if (c == 'N') {
        fail("the escape \\N{...} is not supported");
      } else {
        out.push_back('\\');
        out.push_back(c);
      }
    }
    return out;
  }

  void symbol(std::string& open) {
    static constexpr std::string_view kSymbols[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                    "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                    ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};
    for (const std::string_view symbol : kSymbols) {
      if (!at(symbol)) continue;
      balance(symbol.front(), open);
      add(TokenKind::symbol, std::string(symbol));
      at_ += symbol.size();
      return;
    }
    const Utf8Char next = decode_utf8(text_, at_);
    fail(fmt::format("unexpected character '{}'", text_.substr(at_, next.bytes)));
  }

  void balance(char c, std::string& open) {
    if (c == '(') open.push_back(')');
    if (c == '[') open.push_back(']');
    if (c == '{') open.push_back('}');
    if (c != ')' && c != ']' && c != '}') return;
    if (open.empty()) fail(fmt::format("unexpected '{}'", c));
    if (open.back() != c) fail(fmt::format("unexpected '{}', expected '{}'", c, open.back()));
    open.pop_back();
  }

  const Dialect& dialect_;
  const std::string text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  bool line_starting_ = true;
  size_t counted_ = 0;
  Position place_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, const Dialect& dialect) {
  return Lexer(source, dialect).run();
}

void throw_template_error(const std::string& message, Position at, const std::string& next) {
  throw Error(ErrorKind::input, message, fmt::format("chat template, line {}, column {}", at.line, at.column),
              next);
}

}  // namespace evergreen::jinja
