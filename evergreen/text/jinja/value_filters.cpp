#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/text/jinja/filter_groups.hpp"
#include "evergreen/text/jinja/text_methods.hpp"

namespace evergreen::jinja {
namespace {

Value fallback(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "default", arguments, {"default_value", "boolean"});
  const bool replaced = input.is_undefined() || (bound.flag_or(1, false) && !is_true(input));
  return replaced ? bound.get_or(0, runtime.text("")) : input;
}

Value length(Runtime& runtime, const Value& input, CallArguments&) {
  return Value::integer(runtime.length(input));
}

Value absolute(Runtime& runtime, const Value& input, CallArguments&) {
  if (!input.is_number()) runtime.fail(fmt::format("bad operand type for abs(): '{}'", type_name(input)));
  const bool negative = input.is_real() ? std::signbit(input.as_double()) : input.as_whole() < 0;
  return apply_sign(runtime, negative ? "-" : "+", input);
}

Value attribute(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "attr", arguments, {"name"});
  const std::string name = bound.text(0);
  runtime.require_defined(input);
  const bool own =
      input.is_object() ? input.as_object()->attribute(runtime, name).has_value() : has_method(input, name);
  if (own) return get_attribute(runtime, input, name);
  return Value::undefined(fmt::format("'{}' has no attribute '{}'", described_type(input), name));
}

std::optional<double> parse_real(const std::string& text) {
  std::string number = strip(text, Side::both, std::nullopt);
  std::erase(number, '_');
  if (number.starts_with('+')) number.erase(0, 1);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (number.empty() || end != number.data() + number.size() || error == std::errc::invalid_argument)
    return std::nullopt;
  return value;
}

std::optional<int64_t> parse_whole(Runtime& runtime, const std::string& text, int64_t base) {
  std::string number = strip(text, Side::both, std::nullopt);
  std::erase(number, '_');
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.erase(0, 1);
  const std::string prefix = to_lower(number.substr(0, 2));
  if ((prefix == "0x" && (base == 16 || base == 0)) || (prefix == "0o" && (base == 8 || base == 0)) ||
      (prefix == "0b" && (base == 2 || base == 0))) {
    if (base == 0) base = prefix == "0x" ? 16 : prefix == "0o" ? 8 : 2;
    number.erase(0, 2);
  }
  if (base == 0) base = 10;
  if (base < 2 || base > 36) runtime.fail("int() base must be >= 2 and <= 36, or 0");
  if (negative) number.insert(0, "-");
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), value, static_cast<int>(base));
  if (error == std::errc::result_out_of_range) runtime.fail("a whole number needs more than 64 bits");
  if (number.empty() || error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  return value;
}

Value to_whole(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "int", arguments, {"default", "base"});
  const Value otherwise = bound.get_or(0, Value::integer(0));
  if (input.is_whole()) return Value::integer(input.as_whole());
  std::optional<double> real;
  if (input.is_real()) real = input.as_double();
  if (input.is_text()) {
    if (const auto whole = parse_whole(runtime, input.as_text(), bound.whole_or(1, 10)))
      return Value::integer(*whole);
    real = parse_real(input.as_text());
  }
  if (!real || !std::isfinite(*real)) return otherwise;
  if (std::abs(*real) >= 9.2e18) runtime.fail("a whole number needs more than 64 bits");
  return Value::integer(static_cast<int64_t>(*real));
}

Value to_real(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "float", arguments, {"default"});
  if (input.is_number()) return Value::real(input.as_double());
  if (input.is_text()) {
    if (const auto real = parse_real(input.as_text())) return Value::real(*real);
  }
  return bound.get_or(0, Value::real(0));
}

// Python's round(): to even, on the exact decimal value.
Value round(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "round", arguments, {"precision", "method"});
  runtime.require_defined(input);
  if (!input.is_number())
    runtime.fail(fmt::format("type {} doesn't define __round__ method", type_name(input)));
  const int64_t precision = bound.whole_or(0, 0);
  if (precision < -300 || precision > 300) runtime.fail("a precision that is too large");
  const std::string method = bound.text_or(1, "common");
  if (method != "common") {
    if (method != "ceil" && method != "floor") runtime.fail("method must be common, ceil or floor");
    const double scale = std::pow(10.0, static_cast<double>(precision)), scaled = input.as_double() * scale;
    return Value::real((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale);
  }
  if (input.is_whole() && precision >= 0) return Value::integer(input.as_whole());
  const double value = input.as_double();
  if (!std::isfinite(value)) return input;
  if (precision >= 0)
    return Value::real(std::strtod(fmt::format("{:.{}f}", value, precision).c_str(), nullptr));
  const double scale = std::pow(10.0, static_cast<double>(-precision));
  const double rounded = std::nearbyint(value / scale) * scale;
  return input.is_whole() ? Value::integer(static_cast<int64_t>(rounded)) : Value::real(rounded);
}

Value json(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "tojson", arguments,
                             {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = bound.flag_or(0, false);
  style.sort_keys = bound.flag_or(3, false);
  if (bound.has(1) && !bound.get(1).is_none()) {
    if (bound.get(1).is_text()) {
      style.indent = bound.text(1);
    } else {
      const int64_t width = std::max<int64_t>(bound.whole(1), 0);
      runtime.charge(width);
      style.indent = std::string(static_cast<size_t>(width), ' ');
    }
    style.item_separator = ",";
  }
  if (bound.has(2) && !bound.get(2).is_none()) {
    const std::vector<Value> both = runtime.iterate(bound.get(2));
    if (both.size() != 2 || !both[0].is_text() || !both[1].is_text())
      runtime.fail("separators must be two strings");
    style.item_separator = both[0].as_text();
    style.key_separator = both[1].as_text();
  }
  return runtime.text(to_json(runtime, input, style));
}

}  // namespace

FilterTable value_filters() {
  return {{"abs", absolute},     {"attr", attribute}, {"count", length}, {"d", fallback},
          {"default", fallback}, {"float", to_real},  {"int", to_whole}, {"length", length},
          {"round", round},      {"tojson", json}};
}

}  // namespace evergreen::jinja
