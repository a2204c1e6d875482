#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/filter_groups.hpp"

namespace evergreen::jinja {
namespace {

const FilterTable& filters() {
  static const FilterTable all = [] {
    FilterTable table = text_filters();
    table.merge(list_filters());
    table.merge(value_filters());
    return table;
  }();
  return all;
}

}  // namespace

FilterFn find_filter(const Dialect& dialect, std::string_view name) {
  if (const auto own = dialect.filters.find(name); own != dialect.filters.end()) return own->second;
  const auto found = filters().find(name);
  return found == filters().end() ? nullptr : found->second;
}

std::vector<std::string> filter_names(const Dialect& dialect) {
  std::vector<std::string> names;
  for (const auto& [name, filter] : dialect.filters) names.push_back(name);
  for (const auto& [name, filter] : filters()) names.push_back(name);
  return names;
}

}  // namespace evergreen::jinja
