#include "evergreen/ifeval/python_json.hpp"

#include <cstddef>

namespace evergreen::ifeval {
namespace {

constexpr int kMaxDepth = 1000;
constexpr size_t kMaxDigits = 4300;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool whole() {
    skip_space();
    if (!value(0)) return false;
    skip_space();
    return at_ == text_.size();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool value(int depth) {
    if (depth > kMaxDepth) return false;
    switch (peek()) {
      case '"':
        return string();
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case 'n':
        return take("null");
      case 't':
        return take("true");
      case 'f':
        return take("false");
      case 'N':
        return take("NaN");
      case 'I':
        return take("Infinity");
      default:
        return take("-Infinity") || number();
    }
  }

  bool object(int depth) {
    take('{');
    skip_space();
    if (take('}')) return true;
    for (;;) {
      if (!string()) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      if (!value(depth + 1)) return false;
      skip_space();
      if (take('}')) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

  bool array(int depth) {
    take('[');
    skip_space();
    if (take(']')) return true;
    for (;;) {
      if (!value(depth + 1)) return false;
      skip_space();
      if (take(']')) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  bool escape() {
    const char c = peek();
    ++at_;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos && c != '\0';
    for (int i = 0; i < 4; ++i, ++at_) {
      if (!is_hex(peek())) return false;
    }
    return true;
  }

  size_t digits() {
    const size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ - begin;
  }

  // "01" is the number 0 with something after it, "1." the number 1: what follows decides.
  bool number() {
    take('-');
    const size_t begin = at_;
    if (!take('0') && digits() == 0) return false;
    const size_t whole_digits = at_ - begin;
    bool real = false;
    if (peek() == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      ++at_;
      digits();
      real = true;
    }
    const size_t before_exponent = at_;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (digits() == 0)
        at_ = before_exponent;
      else
        real = true;
    }
    return real || whole_digits <= kMaxDigits;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool is_python_json(std::string_view text) { return Parser(text).whole(); }

}  // namespace evergreen::ifeval
