#include "evergreen/study/plan_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/nearest.hpp"

namespace evergreen::study {
namespace {

// Whole numbers are numbers too.
double number_of(const toml::node& node) { return node.value<double>().value_or(std::nan("")); }

std::string range_text(double least, double most) {
  return std::isfinite(most) ? fmt::format("a number from {} to {}", least, most)
                             : fmt::format("a number of {} or more", least);
}

}  // namespace

const toml::node* PlanTable::find(const char* key) {
  known_.emplace_back(key);
  return table_.get(key);
}

std::string PlanTable::where(const toml::node& node) const {
  const toml::source_region& source = node.source();
  const std::string text = source.path ? *source.path : file_.string();
  return text.starts_with("--set ") ? text : fmt::format("{}, line {}", text, source.begin.line);
}

void PlanTable::refuse(const char* key, const toml::node& node, const std::string& wanted) const {
  throw Error(ErrorKind::input, fmt::format("'{}' must be {}", full_name(key), wanted), where(node));
}

void PlanTable::read(const char* key, std::string& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto text = node->value_exact<std::string>();
  if (!text || text->empty()) refuse(key, *node, "a text in quotes");
  value = *text;
}

void PlanTable::read(const char* key, bool& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto flag = node->value_exact<bool>();
  if (!flag) refuse(key, *node, "true or false");
  value = *flag;
}

void PlanTable::read(const char* key, double& value, double least, double most) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const double number = number_of(*node);
  if (!node->is_number() || !(number >= least && number <= most)) refuse(key, *node, range_text(least, most));
  value = number;
}

void PlanTable::read(const char* key, int64_t& value, int64_t least) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto whole = node->value_exact<int64_t>();
  if (!whole || *whole < least) refuse(key, *node, fmt::format("a whole number of {} or more", least));
  value = *whole;
}

void PlanTable::read(const char* key, uint64_t& value) {
  auto whole = static_cast<int64_t>(value);
  read(key, whole, 0);
  value = static_cast<uint64_t>(whole);
}

template <class T, class Convert>
void PlanTable::read_list(const char* key, std::vector<T>& values, Convert convert) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) refuse(key, *node, "a list in square brackets");
  values.clear();
  for (const toml::node& element : *list) values.push_back(convert(element));
}

void PlanTable::read(const char* key, std::vector<std::string>& values) {
  read_list(key, values, [&](const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (!text) refuse(key, node, "a list of texts in quotes");
    return *text;
  });
}

void PlanTable::read(const char* key, std::vector<double>& values, double least, double most) {
  read_list(key, values, [&](const toml::node& node) {
    const double number = number_of(node);
    if (!node.is_number() || !(number >= least && number <= most))
      refuse(key, node, "a list; each is " + range_text(least, most));
    return number;
  });
}

void PlanTable::read(const char* key, std::vector<int64_t>& values, int64_t least) {
  read_list(key, values, [&](const toml::node& node) {
    const auto whole = node.value_exact<int64_t>();
    if (!whole || *whole < least)
      refuse(key, node, fmt::format("a list of whole numbers of {} or more", least));
    return *whole;
  });
}

void PlanTable::read(const char* key, std::vector<uint64_t>& values) {
  std::vector<int64_t> whole(values.begin(), values.end());
  read(key, whole, 0);
  values.assign(whole.begin(), whole.end());
}

const toml::table* PlanTable::table(const char* key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_table()) refuse(key, *node, fmt::format("a table: [{}]", full_name(key)));
  return node->as_table();
}

std::vector<const toml::table*> PlanTable::tables(const char* key) {
  std::vector<const toml::table*> all;
  const toml::node* node = find(key);
  if (node == nullptr) return all;
  const toml::array* list = node->as_array();
  if (list == nullptr) refuse(key, *node, fmt::format("a list of tables: [[{}]]", full_name(key)));
  for (const toml::node& element : *list) {
    if (!element.is_table()) refuse(key, element, fmt::format("a list of tables: [[{}]]", full_name(key)));
    all.push_back(element.as_table());
  }
  return all;
}

void PlanTable::require(const char* key) const {
  if (has(key)) return;
  throw Error(ErrorKind::input, fmt::format("'{}' is missing", full_name(key)),
              name_.empty() ? file_.string() : where(table_));
}

void PlanTable::require_one_of(const char* key, const std::string& value,
                               const std::vector<std::string>& names) const {
  if (std::find(names.begin(), names.end(), value) != names.end()) return;
  const toml::node* node = table_.get(key);
  throw Error(ErrorKind::input, fmt::format("'{}' cannot be '{}'", full_name(key), value),
              node != nullptr ? where(*node) : file_.string(), suggest_name(value, names));
}

void PlanTable::finish() const {
  for (const auto& [key, node] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    throw Error(ErrorKind::input, fmt::format("a plan has no key '{}'", full_name(std::string(key.str()))),
                where(node), suggest_name(key.str(), known_));
  }
}

}  // namespace evergreen::study
