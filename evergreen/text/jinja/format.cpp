#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/text_methods.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

constexpr int64_t kMaxWidth = 1 << 20;

// [[fill]align][sign][#][0][width][,][.precision][type], as Python writes it; also what a '%' directive becomes.
struct Spec {
  std::string fill = " ";
  char align = 0;  // < > ^ =
  char sign = '-';
  bool alternate = false, grouped = false;
  int64_t width = 0;
  int64_t precision = -1;
  char type = 0;
};

class SpecReader {
 public:
  SpecReader(Runtime& runtime, std::string_view text) : runtime_(runtime), text_(text) {}

  Spec run() {
    Spec spec;
    if (!text_.empty()) read_align(spec);
    if (const char sign = take_any("+- ")) spec.sign = sign;
    spec.alternate = take_any("#") != 0;
    if (take_any("0") && spec.align == 0) {
      spec.fill = "0";
      spec.align = '=';
    }
    spec.width = number(0);
    spec.grouped = take_any(",_") != 0;
    if (take_any(".")) spec.precision = number(-1);
    if (at_ < text_.size()) spec.type = text_[at_++];
    if (at_ != text_.size()) runtime_.fail("Invalid format specifier");
    return spec;
  }

 private:
  void read_align(Spec& spec) {
    const size_t first = decode_utf8(text_, 0).bytes;
    const auto aligns = [&](size_t i) {
      return i < text_.size() && std::string_view("<>=^").find(text_[i]) != std::string_view::npos;
    };
    if (aligns(first)) {
      spec.fill = text_.substr(0, first);
      spec.align = text_[first];
      at_ = first + 1;
    } else if (aligns(0)) {
      spec.align = text_[0];
      at_ = 1;
    }
  }
  char take_any(std::string_view wanted) {
    return at_ < text_.size() && wanted.find(text_[at_]) != std::string_view::npos ? text_[at_++] : '\0';
  }
  int64_t number(int64_t fallback) {
    if (at_ >= text_.size() || !std::isdigit(static_cast<unsigned char>(text_[at_]))) return fallback;
    int64_t value = 0;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) {
      value = value * 10 + (text_[at_++] - '0');
      if (value > kMaxWidth) runtime_.fail("a width or precision that is too large");
    }
    return value;
  }

  Runtime& runtime_;
  std::string_view text_;
  size_t at_ = 0;
};

std::string group_thousands(std::string digits) {
  const size_t point = std::min(digits.find_first_of(".e"), digits.size());
  for (size_t i = point; i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

// The digits of |value| without sign.
std::string number_digits(Runtime& runtime, const Spec& spec, const Value& value) {
  const char type = spec.type;
  if (value.is_whole() && (type == 0 || std::string_view("dxXobn").find(type) != std::string_view::npos)) {
    const int64_t number = value.as_whole();
    const uint64_t size = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    if (type == 'x') return (spec.alternate ? "0x" : "") + fmt::format("{:x}", size);
    if (type == 'X') return (spec.alternate ? "0X" : "") + fmt::format("{:X}", size);
    if (type == 'o') return (spec.alternate ? "0o" : "") + fmt::format("{:o}", size);
    if (type == 'b') return (spec.alternate ? "0b" : "") + fmt::format("{:b}", size);
    return fmt::format("{}", size);
  }
  const double real = std::abs(value.as_double());
  const int precision = spec.precision < 0 ? 6 : static_cast<int>(std::min<int64_t>(spec.precision, 400));
  switch (type) {
    case 'f':
    case 'F':
      return fmt::format("{:.{}f}", real, precision);
    case 'e':
      return fmt::format("{:.{}e}", real, precision);
    case 'E':
      return fmt::format("{:.{}E}", real, precision);
    case 'g':
      return fmt::format("{:.{}g}", real, precision);
    case 'G':
      return fmt::format("{:.{}G}", real, precision);
    case '%':
      return fmt::format("{:.{}f}%", real * 100, precision);
    case 0:
      return spec.precision < 0 ? real_to_text(real) : fmt::format("{:.{}g}", real, precision);
    default:
      break;
  }
  runtime.fail(fmt::format("Unknown format code '{}' for object of type '{}'", type, type_name(value)));
}

std::string pad(Runtime& runtime, const Spec& spec, const std::string& sign, std::string body,
                char default_align) {
  const auto length = static_cast<int64_t>(count_code_points(sign) + count_code_points(body));
  const int64_t padding = std::max<int64_t>(spec.width - length, 0);
  runtime.charge(4 * padding);
  const char align = spec.align ? spec.align : default_align;
  const auto filled = [&](int64_t count) {
    std::string out;
    for (int64_t i = 0; i < count; ++i) out += spec.fill;
    return out;
  };
  if (align == '=') return sign + filled(padding) + body;
  const int64_t left = align == '<' ? 0 : align == '^' ? padding / 2 : padding;
  return filled(left) + sign + body + filled(padding - left);
}

std::string format_value(Runtime& runtime, const Spec& spec, const Value& value) {
  const bool as_text = spec.type == 's' || (spec.type == 0 && !value.is_integer() && !value.is_real());
  if (as_text || !value.is_number()) {
    if (spec.type != 0 && spec.type != 's') {
      runtime.fail(
          fmt::format("Unknown format code '{}' for object of type '{}'", spec.type, type_name(value)));
    }
    std::string text = runtime.str(value);
    if (spec.precision >= 0) text.resize(byte_of_character(text, spec.precision));
    return pad(runtime, spec, "", std::move(text), '<');
  }
  std::string digits = number_digits(runtime, spec, value);
  if (spec.grouped) digits = group_thousands(std::move(digits));
  const bool negative = value.is_real() ? std::signbit(value.as_double()) : value.as_whole() < 0;
  const std::string sign = negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  return pad(runtime, spec, sign, std::move(digits), '>');
}

// The '%' directives of a format, one after the other.
class PercentFormat {
 public:
  PercentFormat(Runtime& runtime, const std::string& format, const Value& values)
      : runtime_(runtime), format_(format), values_(values) {
    tuple_ = values.is_sequence() && values.as_sequence().form == Sequence::Form::tuple;
  }

  std::string run() {
    while (at_ < format_.size()) {
      if (format_[at_] != '%') {
        out_.push_back(format_[at_++]);
      } else if (++at_ < format_.size() && format_[at_] == '%') {
        out_.push_back(format_[at_++]);
      } else {
        directive();
      }
    }
    const bool all_used = tuple_ ? used_ == values_.as_sequence().items.size() : used_ > 0;
    if (!all_used && !values_.is_dict())
      runtime_.fail("not all arguments converted during string formatting");
    return std::move(out_);
  }

 private:
  Value next_value() {
    const size_t i = used_++;
    if (tuple_ && i < values_.as_sequence().items.size()) return values_.as_sequence().items[i];
    if (tuple_ || i > 0) runtime_.fail("not enough arguments for format string");
    return values_;
  }

  int64_t number() {
    int64_t value = 0;
    if (at_ < format_.size() && format_[at_] == '*') {
      ++at_;
      const Value given = next_value();
      if (!given.is_whole()) runtime_.fail("* wants int");
      value = given.as_whole();
    }
    while (at_ < format_.size() && std::isdigit(static_cast<unsigned char>(format_[at_]))) {
      value = value * 10 + (format_[at_++] - '0');
      if (value > kMaxWidth) break;
    }
    if (value > kMaxWidth || value < 0) runtime_.fail("a width or precision that is too large");
    return value;
  }

  void directive() {
    std::optional<Value> value;
    if (at_ < format_.size() && format_[at_] == '(') {
      const size_t close = format_.find(')', at_);
      if (close == std::string::npos) runtime_.fail("incomplete format key");
      if (!values_.is_dict()) runtime_.fail("format requires a mapping");
      const std::string name = format_.substr(at_ + 1, close - at_ - 1);
      const Value* found = values_.as_dict().find_name(name);
      if (!found) runtime_.fail(fmt::format("KeyError: '{}'", name));
      value = *found;
      at_ = close + 1;
    }
    Spec spec;
    for (; at_ < format_.size(); ++at_) {
      const char c = format_[at_];
      if (c == '-') {
        spec.align = '<';
      } else if (c == '+' || c == ' ') {
        spec.sign = c;
      } else if (c == '#') {
        spec.alternate = true;
      } else if (c == '0') {
        spec.fill = "0";
        if (spec.align == 0) spec.align = '=';
      } else {
        break;
      }
    }
    spec.width = number();
    if (at_ < format_.size() && format_[at_] == '.') {
      ++at_;
      spec.precision = number();
    }
    if (at_ >= format_.size()) runtime_.fail("incomplete format");
    spec.type = format_[at_++];
    if (!value) value = next_value();
    out_ += convert(spec, *value);
  }

  std::string convert(Spec spec, const Value& value) {
    if (spec.align == '<') spec.fill = " ";
    const char type = spec.type;
    if (type == 's' || type == 'r' || type == 'a') {
      if (spec.fill == "0") spec.fill = " ";
      if (spec.align != '<') spec.align = '>';
      spec.type = 's';
      return format_value(runtime_, spec, type == 's' ? value : runtime_.text(runtime_.repr(value)));
    }
    if (type == 'i' || type == 'u' || type == 'd') {
      spec.type = 'd';
      if (!value.is_number()) {
        runtime_.fail(fmt::format("%{} format: a real number is required, not {}", type, type_name(value)));
      }
      if (value.is_whole()) return format_value(runtime_, spec, Value::integer(value.as_whole()));
      if (!(std::abs(value.as_double()) < 9e18)) runtime_.fail("a whole number needs more than 64 bits");
      return format_value(runtime_, spec, Value::integer(static_cast<int64_t>(value.as_double())));
    }
    if (std::string_view("xXoeEfFgG").find(type) == std::string_view::npos) {
      runtime_.fail(fmt::format("unsupported format character '{}'", type));
    }
    if (!value.is_number()) runtime_.fail("must be real number, not " + type_name(value));
    return format_value(runtime_, spec, value);
  }

  Runtime& runtime_;
  const std::string& format_;
  const Value& values_;
  bool tuple_ = false;
  size_t used_ = 0, at_ = 0;
  std::string out_;
};

// "{}", "{0.name[key]!r:>8}".
class BraceFormat {
 public:
  BraceFormat(Runtime& runtime, const CallArguments& arguments) : runtime_(runtime), arguments_(arguments) {}

  std::string run(std::string_view format, int depth) {
    if (depth > 2) runtime_.fail("Max string recursion exceeded");
    std::string out;
    for (size_t at = 0; at < format.size();) {
      const char c = format[at];
      if (c != '{' && c != '}') {
        out.push_back(c);
        ++at;
      } else if (at + 1 < format.size() && format[at + 1] == c) {
        out.push_back(c);
        at += 2;
      } else if (c == '}') {
        runtime_.fail("Single '}' encountered in format string");
      } else {
        const size_t close = closing(format, at);
        out += field(format.substr(at + 1, close - at - 1), depth);
        at = close + 1;
      }
    }
    return out;
  }

 private:
  size_t closing(std::string_view format, size_t open) const {
    int level = 0;
    for (size_t i = open; i < format.size(); ++i) {
      level += format[i] == '{' ? 1 : format[i] == '}' ? -1 : 0;
      if (level == 0) return i;
    }
    runtime_.fail("expected '}' before end of string");
  }

  std::string field(std::string_view text, int depth) {
    const size_t colon = text.find(':');
    std::string_view reference = text.substr(0, colon);
    const std::string spec = colon == std::string_view::npos ? "" : run(text.substr(colon + 1), depth + 1);
    char conversion = 0;
    if (const size_t mark = reference.find('!'); mark != std::string_view::npos) {
      if (mark + 2 != reference.size()) runtime_.fail("expected ':' after conversion specifier");
      conversion = reference[mark + 1];
      reference = reference.substr(0, mark);
    }
    Value value = resolve(reference);
    if (conversion == 'r') value = runtime_.text(runtime_.repr(value));
    if (conversion == 's') value = runtime_.text(runtime_.str(value));
    return format_value(runtime_, SpecReader(runtime_, spec).run(), value);
  }

  Value resolve(std::string_view reference) {
    const size_t end = std::min(reference.find_first_of(".["), reference.size());
    Value value = first(std::string(reference.substr(0, end)));
    for (size_t at = end; at < reference.size();) {
      if (reference[at] == '[') {
        const size_t close = reference.find(']', at);
        if (close == std::string_view::npos) runtime_.fail("Missing ']' in format string");
        value = get_path(runtime_, value, Value::text(std::string(reference.substr(at + 1, close - at - 1))));
        at = close + 1;
      } else {
        const size_t stop = std::min(reference.find_first_of(".[", at + 1), reference.size());
        value = get_attribute(runtime_, value, std::string(reference.substr(at + 1, stop - at - 1)));
        at = stop;
      }
    }
    return value;
  }

  Value first(const std::string& name) {
    if (name.empty() || all_characters(name, "decimal")) {
      const size_t index = name.empty() ? next_++ : name.size() < 9 ? std::stoul(name) : SIZE_MAX;
      if (index >= arguments_.positional.size()) {
        runtime_.fail("Replacement index is out of range for positional args tuple");
      }
      return arguments_.positional[index];
    }
    for (const auto& [given, value] : arguments_.named) {
      if (given == name) return value;
    }
    runtime_.fail(fmt::format("KeyError: '{}'", name));
  }

  Runtime& runtime_;
  const CallArguments& arguments_;
  size_t next_ = 0;
};

}  // namespace

std::string format_percent(Runtime& runtime, const std::string& format, const Value& values) {
  runtime.charge(static_cast<int64_t>(format.size()));
  return PercentFormat(runtime, format, values).run();
}

std::string format_braces(Runtime& runtime, const std::string& format, const CallArguments& arguments) {
  runtime.charge(static_cast<int64_t>(format.size()));
  return BraceFormat(runtime, arguments).run(format, 0);
}

}  // namespace evergreen::jinja
