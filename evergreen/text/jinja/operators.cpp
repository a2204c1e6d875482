#include <cmath>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"

namespace evergreen::jinja {
namespace {

[[noreturn]] void fail_operands(Runtime& runtime, std::string_view operation, const Value& left,
                                const Value& right) {
  if (operation == "+" && left.is_text()) {
    runtime.fail(fmt::format("can only concatenate str (not \"{}\") to str", type_name(right)));
  }
  if (operation == "+" && left.is_sequence() && left.as_sequence().form <= Sequence::Form::tuple) {
    runtime.fail(
        fmt::format("can only concatenate {0} (not \"{1}\") to {0}", type_name(left), type_name(right)));
  }
  const std::string shown = operation == "**" ? "** or pow()" : std::string(operation);
  runtime.fail(fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", shown, type_name(left),
                           type_name(right)));
}

[[noreturn]] void fail_overflow(Runtime& runtime) { runtime.fail("a whole number needs more than 64 bits"); }

int64_t floor_divide(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }

int64_t power(Runtime& runtime, int64_t base, int64_t exponent) {
  int64_t result = 1;
  while (exponent > 0) {
    if (exponent % 2 == 1 && __builtin_mul_overflow(result, base, &result)) fail_overflow(runtime);
    exponent /= 2;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) fail_overflow(runtime);
  }
  return result;
}

Value whole_numbers(Runtime& runtime, std::string_view operation, int64_t a, int64_t b) {
  int64_t result = 0;
  if (operation == "+" && __builtin_add_overflow(a, b, &result)) fail_overflow(runtime);
  if (operation == "-" && __builtin_sub_overflow(a, b, &result)) fail_overflow(runtime);
  if (operation == "*" && __builtin_mul_overflow(a, b, &result)) fail_overflow(runtime);
  if (operation == "/" || operation == "//" || operation == "%") {
    if (b == 0) runtime.fail(operation == "/" ? "division by zero" : "integer division or modulo by zero");
    if (operation == "/") return Value::real(static_cast<double>(a) / static_cast<double>(b));
    if (a == INT64_MIN && b == -1) {
      if (operation == "//") fail_overflow(runtime);
      return Value::integer(0);
    }
    const int64_t quotient = floor_divide(a, b);
    result = operation == "//" ? quotient : a - quotient * b;
  }
  if (operation == "**") {
    if (b < 0) return Value::real(std::pow(static_cast<double>(a), static_cast<double>(b)));
    result = power(runtime, a, b);
  }
  return Value::integer(result);
}

Value real_numbers(Runtime& runtime, std::string_view operation, double a, double b) {
  if (operation == "+") return Value::real(a + b);
  if (operation == "-") return Value::real(a - b);
  if (operation == "*") return Value::real(a * b);
  if (operation == "**") return Value::real(std::pow(a, b));
  if (b == 0) runtime.fail(operation == "/" ? "float division by zero" : "float floor division by zero");
  if (operation == "/") return Value::real(a / b);
  double remainder = std::fmod(a, b);
  if (remainder != 0 && (remainder < 0) != (b < 0)) remainder += b;
  if (operation == "%") return Value::real(remainder);
  return Value::real(std::round((a - remainder) / b));
}

Value repeat(Runtime& runtime, const Value& value, int64_t times) {
  times = std::max<int64_t>(times, 0);
  const int64_t size = value.is_text()
                           ? static_cast<int64_t>(value.as_text().size())
                           : static_cast<int64_t>(value.as_sequence().items.size() * sizeof(Value));
  if (size > 0 && times > runtime.limits().work / size) runtime.charge(runtime.limits().work + 1);
  runtime.charge(size * times);
  if (value.is_text()) {
    std::string out;
    out.reserve(static_cast<size_t>(size * times));
    for (int64_t i = 0; size > 0 && i < times; ++i) out += value.as_text();
    return Value::text(std::move(out));
  }
  std::vector<Value> items;
  const auto& once = value.as_sequence().items;
  for (int64_t i = 0; size > 0 && i < times; ++i) items.insert(items.end(), once.begin(), once.end());
  return runtime.sequence(std::move(items), value.as_sequence().form);
}

bool repeats(const Value& value) {
  return value.is_text() || (value.is_sequence() && value.as_sequence().form <= Sequence::Form::tuple);
}

Value add_texts(Runtime& runtime, const Value& left, const Value& right) {
  const bool markup = left.is_markup() || right.is_markup();
  const auto part = [&](const Value& value) {
    return markup && !value.is_markup() ? escape_html(value.as_text()) : value.as_text();
  };
  runtime.charge(static_cast<int64_t>(left.as_text().size() + right.as_text().size()));
  return runtime.text(part(left) + part(right), markup);
}

}  // namespace

Value apply_operator(Runtime& runtime, std::string_view operation, const Value& left, const Value& right) {
  runtime.require_defined(left);
  if (operation == "%" && left.is_text()) return runtime.text(format_percent(runtime, left.as_text(), right));
  runtime.require_defined(right);
  if (left.is_whole() && right.is_whole()) {
    return whole_numbers(runtime, operation, left.as_whole(), right.as_whole());
  }
  if (left.is_number() && right.is_number()) {
    return real_numbers(runtime, operation, left.as_double(), right.as_double());
  }
  if (operation == "+" && left.is_text() && right.is_text()) return add_texts(runtime, left, right);
  if (operation == "+" && repeats(left) && repeats(right) && type_name(left) == type_name(right)) {
    std::vector<Value> items = runtime.iterate(left);
    const std::vector<Value> more = runtime.iterate(right);
    items.insert(items.end(), more.begin(), more.end());
    return runtime.sequence(std::move(items), left.as_sequence().form);
  }
  if (operation == "*" && repeats(left) && right.is_whole()) return repeat(runtime, left, right.as_whole());
  if (operation == "*" && repeats(right) && left.is_whole()) return repeat(runtime, right, left.as_whole());
  fail_operands(runtime, operation, left, right);
}

Value apply_sign(Runtime& runtime, std::string_view sign, const Value& operand) {
  runtime.require_defined(operand);
  if (!operand.is_number()) {
    runtime.fail(fmt::format("bad operand type for unary {}: '{}'", sign, type_name(operand)));
  }
  if (operand.is_real()) return Value::real(sign == "-" ? -operand.as_double() : operand.as_double());
  if (sign == "-" && operand.as_whole() == INT64_MIN) fail_overflow(runtime);
  return Value::integer(sign == "-" ? -operand.as_whole() : operand.as_whole());
}

}  // namespace evergreen::jinja
