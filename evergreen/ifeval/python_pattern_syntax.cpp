#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/ifeval/python_pattern.hpp"

namespace evergreen::ifeval {
namespace {

constexpr std::string_view kWord = R"(\p{L}\p{N}_)";
constexpr std::string_view kRegexWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D})";
constexpr std::string_view kRegexSpace = R"(\p{White_Space})";
constexpr std::string_view kSpace =
    R"(\x{9}-\x{D}\x{1C}-\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";
constexpr std::string_view kDotlessAndDotted = R"(iI\x{130}\x{131})";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_octal(char c) { return c >= '0' && c <= '7'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

class Translator {
 public:
  Translator(std::string_view pattern, PatternFlags flags)
      : in_(pattern),
        ignore_case_(flags.ignore_case),
        word_(flags.regex_module ? kRegexWord : kWord),
        space_(flags.regex_module ? kRegexSpace : kSpace) {}

  std::string whole() {
    while (at_ < in_.size()) item();
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::input, fmt::format("{} at byte {} of the pattern", what, at_), std::string(in_),
                "patterns are those of Python's re");
  }
  bool more(size_t ahead = 0) const { return at_ + ahead < in_.size(); }
  char next(size_t ahead = 0) const { return more(ahead) ? in_[at_ + ahead] : '\0'; }

  void item() {
    const char c = in_[at_];
    if (c == '\\') {
      escape();
    } else if (c == '[') {
      char_class();
    } else if (c == '(') {
      group();
    } else if (c == '{') {
      brace();
    } else {
      literal_at();
    }
  }

  void literal_at() {
    const std::string_view rest = in_.substr(at_);
    if (ignore_case_ && (rest[0] == 'i' || rest[0] == 'I')) {
      out_ += fmt::format("[{}]", kDotlessAndDotted);
      ++at_;
    } else if (ignore_case_ && (rest.starts_with("\u0130") || rest.starts_with("\u0131"))) {
      out_ += fmt::format("[{}]", kDotlessAndDotted);
      at_ += 2;
    } else {
      out_ += in_[at_++];
    }
  }

  void append_code(uint32_t code) { out_ += fmt::format("\\x{{{:X}}}", code); }

  // The digits of a number in `base`: exactly `count`, as \x, \u and \U want them.
  uint32_t hex(size_t count) {
    uint32_t code = 0;
    for (size_t i = 0; i < count; ++i, ++at_) {
      const char c = next();
      if (!is_digit(c) && ((c | 32) < 'a' || (c | 32) > 'f')) refuse("an incomplete escape");
      code = code * 16 + static_cast<uint32_t>(is_digit(c) ? c - '0' : (c | 32) - 'a' + 10);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) refuse("a code that is no character");
    return code;
  }

  // Escapes that mean the same inside and outside of a class; false where `c` is none of them.
  bool common_escape(char c) {
    switch (c) {
      case 'a':
        append_code(7);
        break;
      case 'f':
        append_code(12);
        break;
      case 'n':
        append_code(10);
        break;
      case 'r':
        append_code(13);
        break;
      case 't':
        append_code(9);
        break;
      case 'v':
        append_code(11);
        break;
      case 'x':
        append_code(hex(2));
        break;
      case 'u':
        append_code(hex(4));
        break;
      case 'U':
        append_code(hex(8));
        break;
      default:
        return false;
    }
    return true;
  }

  void octal_or_reference(bool inside_class) {
    size_t digits = 0;
    while (digits < 3 && is_octal(next(digits))) ++digits;
    const bool octal = inside_class ? digits > 0 : next() == '0' || digits == 3;
    if (octal) {
      uint32_t code = 0;
      for (size_t i = 0; i < digits; ++i) code = code * 8 + static_cast<uint32_t>(in_[at_++] - '0');
      if (code > 0377) refuse("an octal escape beyond 0o377");
      return append_code(code);
    }
    if (inside_class) refuse("a bad escape");
    int group = 0;
    for (size_t i = 0; i < 2 && is_digit(next()); ++i) group = group * 10 + (in_[at_++] - '0');
    out_ += fmt::format("\\g{{{}}}", group);
  }

  void escape() {
    ++at_;
    if (!more()) refuse("a backslash that escapes nothing");
    const char c = in_[at_];
    if (is_digit(c)) return octal_or_reference(false);
    ++at_;
    if (common_escape(c)) return;
    switch (c) {
      case 'w':
        out_ += fmt::format("[{}]", word_);
        return;
      case 'W':
        out_ += fmt::format("[^{}]", word_);
        return;
      case 's':
        out_ += fmt::format("[{}]", space_);
        return;
      case 'S':
        out_ += fmt::format("[^{}]", space_);
        return;
      case 'd':
        out_ += R"(\p{Nd})";
        return;
      case 'D':
        out_ += R"(\P{Nd})";
        return;
      case 'b':
        out_ += fmt::format("(?:(?<=[{0}])(?![{0}])|(?<![{0}])(?=[{0}]))", word_);
        return;
      case 'B':
        out_ += fmt::format("(?:(?<=[{0}])(?=[{0}])|(?<![{0}])(?![{0}]))", word_);
        return;
      case 'A':
        out_ += R"(\A)";
        return;
      case 'Z':
        out_ += R"(\z)";
        return;
      default:
        break;
    }
    if (is_letter(c)) refuse("a bad escape");
    quote(c);
  }

  void quote(char c) {
    if (static_cast<unsigned char>(c) < 0x80 && !is_letter(c) && !is_digit(c)) out_ += '\\';
    out_ += c;
  }

  void char_class() {
    out_ += in_[at_++];
    if (next() == '^') out_ += in_[at_++];
    for (bool first = true;; first = false) {
      if (!more()) refuse("a class without an end");
      const char c = in_[at_];
      if (c == ']' && !first) break;
      if (c == '\\') {
        class_escape();
        continue;
      }
      if (c == '-') {
        out_ += in_[at_++];  // a range, or itself at an end: as in Python
      } else if (ignore_case_ && (c == 'i' || c == 'I') && next(1) != '-' &&
                 (out_.empty() || out_.back() != '-')) {
        out_ += kDotlessAndDotted;
        ++at_;
      } else {
        quote(c);
        ++at_;
      }
    }
    out_ += in_[at_++];
  }

  void class_escape() {
    ++at_;
    if (!more()) refuse("a class without an end");
    const char c = in_[at_];
    if (is_digit(c)) return octal_or_reference(true);
    ++at_;
    if (common_escape(c)) return;
    switch (c) {
      case 'w':
        out_ += word_;
        return;
      case 's':
        out_ += space_;
        return;
      case 'd':
        out_ += R"(\p{Nd})";
        return;
      case 'D':
        out_ += R"(\P{Nd})";
        return;
      case 'b':
        append_code(8);
        return;
      // The complement of several properties inside a class: [^...] cannot be nested, so the parts of it are named.
      case 'W':
        out_ +=
            R"(\p{M}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\p{S}\p{Z}\p{C}\x{203F}\x{2040}\x{2054}\x{FE33}\x{FE34}\x{FE4D}-\x{FE4F}\x{FF3F})";
        return;
      case 'S':
        out_ +=
            R"(\x{0}-\x{8}\x{E}-\x{1B}\x{21}-\x{84}\x{86}-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{D7FF}\x{E000}-\x{10FFFF})";
        return;
      default:
        break;
    }
    if (is_letter(c)) refuse("a bad escape");
    quote(c);
  }

  void group() {
    if (next(1) == '*') refuse("nothing to repeat");
    if (next(1) != '?') {
      out_ += in_[at_++];
      return;
    }
    const std::string_view rest = in_.substr(at_);
    for (const std::string_view known : {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?P<", "(?P=", "(?>", "(?("}) {
      if (!rest.starts_with(known)) continue;
      out_ += known;
      at_ += known.size();
      if (known == "(?P<" || known == "(?P=") name();
      if (known == "(?(") condition();
      return;
    }
    if (rest.starts_with("(?#")) {
      const size_t end = in_.find(')', at_);
      if (end == in_.npos) refuse("a comment without an end");
      at_ = end + 1;
      return;
    }
    inline_flags();
  }

  void name() {  // of a group, up to ">" or ")"
    while (more() && in_[at_] != '>' && in_[at_] != ')') out_ += in_[at_++];
  }

  void condition() {
    while (is_digit(next()) || is_letter(next()) || next() == '_') out_ += in_[at_++];
    if (next() != ')') refuse("a bad condition");
    out_ += in_[at_++];
  }

  // (?i), at the start only, and (?i-s:...).
  void inline_flags() {
    const size_t begin = at_;
    at_ += 2;
    while (std::string_view("ims-").find(next()) != std::string_view::npos && more()) ++at_;
    const bool flags = at_ > begin + 2;
    if (!flags || !(next() == ':' || (next() == ')' && begin == 0)))
      refuse("an extension that is not known here");
    const std::string_view text = in_.substr(begin, at_ - begin);
    if (next() == ')' && text.find('i') != text.npos) ignore_case_ = true;
    out_ += text;
    out_ += in_[at_++];
  }

  // {n}, {n,}, {,m} and {n,m} are quantifiers, everything else begins with a brace.
  void brace() {
    size_t end = at_ + 1;
    while (end < in_.size() && is_digit(in_[end])) ++end;
    const size_t low_end = end;
    if (end < in_.size() && in_[end] == ',') {
      ++end;
      while (end < in_.size() && is_digit(in_[end])) ++end;
    }
    const bool quantifier = end < in_.size() && in_[end] == '}' && end > at_ + 1;
    if (!quantifier) {
      out_ += "\\{";
      ++at_;
      return;
    }
    out_ += '{';
    if (low_end == at_ + 1) out_ += '0';
    out_ += in_.substr(at_ + 1, end - at_);
    at_ = end + 1;
  }

  std::string_view in_;
  bool ignore_case_;
  std::string_view word_, space_;
  size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string translate_python_pattern(std::string_view pattern, PatternFlags flags) {
  return Translator(pattern, flags).whole();
}

bool is_literal_pattern(std::string_view pattern) {
  return pattern.find_first_of(".^$*+?{}[]\\|()") == pattern.npos;
}

}  // namespace evergreen::ifeval
