#include "evergreen/eval/dates.hpp"

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr std::string_view kShape = "0000-00-00";

}  // namespace

void require_date(std::string_view text, const std::string& where) {
  bool fits = text.size() >= kShape.size();
  for (size_t i = 0; fits && i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    fits = kShape[i] == '-' ? text[i] == '-' : digit;
  }
  if (!fits) throw Error(ErrorKind::input, fmt::format("'{}' is not a date", text), where, "YYYY-MM-DD");
}

bool is_before(std::string_view date, std::string_view since) {
  return date.substr(0, kShape.size()) < since.substr(0, kShape.size());
}

}  // namespace evergreen
