#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/pattern.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

constexpr std::string_view kWordClass = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";

class Translation {
 public:
  Translation(std::string_view pattern, const std::string& where) : in_(pattern), where_(where) {}

  std::string run() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (c == '\\') {
        escape();
      } else if (in_class_) {
        class_character(c);
      } else {
        plain_character(c);
      }
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view construct) const {
    throw Error(ErrorKind::input,
                fmt::format("'{}' at byte {} of the pattern '{}' is not supported", construct, at_ + 1, in_),
                where_, "please report this tokenizer");
  }

  void copy(size_t bytes) {
    out_.append(in_.substr(at_, bytes));
    at_ += bytes;
  }

  void replace(size_t bytes, std::string_view by) {
    out_.append(by);
    at_ += bytes;
  }

  void escape() {
    if (at_ + 1 >= in_.size()) refuse("\\");
    switch (in_[at_ + 1]) {
      case 's':
        return replace(2, R"(\p{White_Space})");
      case 'S':
        return replace(2, R"(\P{White_Space})");
      case 'd':
        return replace(2, R"(\p{Nd})");
      case 'D':
        return replace(2, R"(\P{Nd})");
      case 'w':
        return replace(2, in_class_ ? std::string(kWordClass) : fmt::format("[{}]", kWordClass));
      case 'W':
        if (in_class_) refuse("\\W inside brackets");
        return replace(2, fmt::format("[^{}]", kWordClass));
      case 'v':
        return replace(2, R"(\x0b)");
      case 'p':
      case 'P':
        return property();
      case 'x':
        return copy(2);
      case 'u':
        if (at_ + 6 > in_.size()) refuse("\\u");
        return replace(6, fmt::format("\\x{{{}}}", in_.substr(at_ + 2, 4)));
      case 'n':
      case 'r':
      case 't':
      case 'f':
      case 'a':
      case 'e':
        return copy(2);
      default: {
        const char c = in_[at_ + 1];
        if (std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80) {
          refuse(in_.substr(at_, 2));
        }
        copy(2);
      }
    }
  }

  void property() {
    const size_t open = at_ + 2;
    if (open >= in_.size() || in_[open] != '{') refuse(in_.substr(at_, 2));
    const size_t close = in_.find('}', open);
    if (close == std::string_view::npos) refuse(in_.substr(at_, 3));
    copy(close + 1 - at_);
  }

  void class_character(char c) {
    if (c == '[') refuse("[ inside brackets");
    if (c == '&' && in_.substr(at_, 2) == "&&") refuse("&&");
    if (c == ']' && at_ != class_start_) in_class_ = false;
    copy(1);
  }

  void plain_character(char c) {
    if (c == '[') {
      in_class_ = true;
      copy(1);
      if (at_ < in_.size() && in_[at_] == '^') copy(1);
      class_start_ = at_;
      return;
    }
    if (c == '}' && at_ + 1 < in_.size() && in_[at_ + 1] == '+')
      refuse("}+");  // not possessive in Ruby's syntax
    if (c == '(' && in_.substr(at_, 2) == "(?") group();
    if (c == '(' && in_.substr(at_, 2) == "(*") refuse("(*");
    copy(1);
  }

  void group() const {
    static constexpr std::string_view kKnown[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?i)"};
    for (const std::string_view known : kKnown) {
      if (in_.substr(at_).starts_with(known)) return;
    }
    refuse(in_.substr(at_, 3));
  }

  std::string_view in_;
  const std::string& where_;
  std::string out_;
  size_t at_ = 0, class_start_ = 0;
  bool in_class_ = false;
};

}  // namespace

std::string translate_pattern(std::string_view oniguruma, const std::string& where) {
  return Translation(oniguruma, where).run();
}

std::string quote_pattern(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (std::ispunct(static_cast<unsigned char>(c)) && c != '_') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted;
}

}  // namespace evergreen
