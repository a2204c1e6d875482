#include <cctype>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/code_set.hpp"
#include "evergreen/text/pattern.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

// Oniguruma folds these sequences to one character under (?i); PCRE2 does not.
constexpr std::string_view kFoldedSequences[] = {"ss", "ff", "fi", "fl", "st"};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

class Translation {
 public:
  Translation(std::string_view pattern, const std::string& where) : in_(pattern), where_(where) {}

  std::string run() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (ignore_case()) check_folding(c);
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

  bool ignore_case() const { return ignore_case_.back(); }

  void check_folding(char c) const {
    if (static_cast<unsigned char>(c) >= 0x80) refuse("(?i) with a character beyond ASCII");
    for (const std::string_view sequence : kFoldedSequences) {
      if (!in_class_ && at_ + 1 < in_.size() && lower(c) == sequence[0] && lower(in_[at_ + 1]) == sequence[1])
        refuse(fmt::format("(?i) with '{}'", sequence));
    }
  }

  void copy(size_t bytes) {
    out_.append(in_.substr(at_, bytes));
    at_ += bytes;
  }

  void replace(size_t bytes, std::string_view by) {
    out_.append(by);
    at_ += bytes;
  }

  void put_set(size_t bytes, const NamedSet& set, bool negated) {
    if (ignore_case()) refuse(fmt::format("{} under (?i)", in_.substr(at_, bytes)));
    if (in_class_) {
      replace(bytes, class_of(set, negated));
    } else {
      replace(bytes, fmt::format("[{}{}]", negated ? "^" : "", class_of(set, false)));
    }
  }

  void escape() {
    if (at_ + 1 >= in_.size()) refuse("\\");
    switch (in_[at_ + 1]) {
      case 's':
      case 'S':
        return put_set(2, white_space_set(), in_[at_ + 1] == 'S');
      case 'd':
      case 'D':
        return put_set(2, decimal_digit_set(), in_[at_ + 1] == 'D');
      case 'w':
      case 'W':
        return put_set(2, pattern_word_set(in_class_), in_[at_ + 1] == 'W');
      case 'v':
        return replace(2, R"(\x0b)");
      case 'p':
      case 'P':
        return property();
      case 'x':
        return hexadecimal();
      case 'u':
        if (at_ + 6 > in_.size()) refuse("\\u");
        return replace(6, fmt::format("\\x{{{}}}", in_.substr(at_ + 2, 4)));
      case 'A':
      case 'z':
        if (in_class_) refuse(in_.substr(at_, 2));
        return copy(2);
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

  void hexadecimal() {
    if (at_ + 2 < in_.size() && in_[at_ + 2] == '{') return copy(3);
    // Two digits are a byte to Oniguruma, a character to PCRE2: the same only in ASCII.
    const bool ascii = at_ + 3 < in_.size() && in_[at_ + 2] >= '0' && in_[at_ + 2] <= '7' &&
                       std::isxdigit(static_cast<unsigned char>(in_[at_ + 3]));
    if (!ascii) refuse("\\x");
    copy(4);
  }

  void property() {
    const size_t open = at_ + 2;
    if (open >= in_.size() || in_[open] != '{') refuse(in_.substr(at_, 2));
    const size_t close = in_.find('}', open);
    if (close == std::string_view::npos) refuse(in_.substr(at_, 3));
    std::string_view name = in_.substr(open + 1, close - open - 1);
    bool negated = in_[at_ + 1] == 'P';
    if (name.starts_with('^')) {
      negated = !negated;
      name.remove_prefix(1);
    }
    const std::optional<NamedSet> set = property_set(name);
    if (!set) refuse(in_.substr(at_, close + 1 - at_));
    put_set(close + 1 - at_, *set, negated);
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
    if (c == '{') interval();
    if (c == '(') return group();
    if (c == ')' && ignore_case_.size() > 1) ignore_case_.pop_back();
    copy(1);
  }

  // In Ruby's syntax {,n} is an interval, {n}+ is not possessive and {n}? is not lazy.
  void interval() const {
    const size_t close = in_.find('}', at_);
    if (close == std::string_view::npos) return;
    const std::string_view inside = in_.substr(at_ + 1, close - at_ - 1);
    const bool is_interval =
        !inside.empty() && inside.find_first_not_of("0123456789,") == std::string_view::npos;
    if (!is_interval) return;
    if (inside.starts_with(',')) refuse("{,");
    if (close + 1 < in_.size() && in_[close + 1] == '+') refuse("}+");
    if (close + 1 < in_.size() && in_[close + 1] == '?' && inside.find(',') == std::string_view::npos)
      refuse("}?");
  }

  void group() {
    static constexpr std::string_view kKnown[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"};
    const std::string_view rest = in_.substr(at_);
    if (rest.starts_with("(*")) refuse("(*");
    if (rest.starts_with("(?i)")) {
      ignore_case_.back() = true;
      return copy(4);
    }
    ignore_case_.push_back(ignore_case_.back());
    if (rest.starts_with("(?i:")) {
      ignore_case_.back() = true;
      return copy(4);
    }
    if (!rest.starts_with("(?")) return copy(1);
    for (const std::string_view known : kKnown) {
      if (rest.starts_with(known)) return copy(known.size());
    }
    refuse(rest.substr(0, 3));
  }

  std::string_view in_;
  const std::string& where_;
  std::string out_;
  size_t at_ = 0, class_start_ = 0;
  bool in_class_ = false;
  std::vector<bool> ignore_case_ = {false};  // by depth of groups
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
