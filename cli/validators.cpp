#include "cli/validators.hpp"

#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace evergreen::cli {
namespace {

std::optional<double> number(const std::string& text) {
  double value = 0;
  if (!CLI::detail::lexical_cast(text, value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

CLI::Validator number_check(const std::string& wanted, const std::string& type,
                            bool (*holds)(double, double, double), double least = 0, double most = 0) {
  const auto check = [=](const std::string& text) -> std::string {
    const std::optional<double> value = number(text);
    if (value && holds(*value, least, most)) return {};
    return fmt::format("'{}' is not {}", text, wanted);
  };
  return CLI::Validator(check, type);
}

}  // namespace

CLI::Validator positive() {
  return number_check("a number above 0", "above 0", [](double value, double, double) { return value > 0; });
}

CLI::Validator not_negative() {
  return number_check("a number of 0 or more", "0 or more",
                      [](double value, double, double) { return value >= 0; });
}

CLI::Validator between(double least, double most) {
  const std::string range = fmt::format("{:.15g} to {:.15g}", least, most);
  return number_check(
      "a number from " + range, range,
      [](double value, double from, double to) { return value >= from && value <= to; }, least, most);
}

CLI::Validator number_or(const std::string& word) {
  const auto check = [word](const std::string& text) -> std::string {
    if (text == word || number(text)) return {};
    return fmt::format("'{}' is neither a number nor {}", text, word);
  };
  return CLI::Validator(check, "number or " + word);
}

}  // namespace evergreen::cli
