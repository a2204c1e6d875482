// A TOML table that is read key by key, for definition.cpp: what has not been asked for in the end is a mistake.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {

class TomlTable {
 public:
  TomlTable(const toml::table& table, std::string name) : table_(table), name_(std::move(name)) {}

  static std::string place(const toml::node& node) {
    const toml::source_region& source = node.source();
    return fmt::format("{}, line {}", source.path ? *source.path : std::string("the task"),
                       source.begin.line);
  }

  const toml::node* node(const char* key) {
    known_.emplace_back(key);
    return table_.get(key);
  }

  template <class T>
  std::optional<T> get(const char* key, const char* kind) {
    const toml::node* found = node(key);
    if (found == nullptr) return std::nullopt;
    const auto value = found->value_exact<T>();
    if (!value) wrong(key, *found, kind);
    return value;
  }
  std::optional<std::string> text(const char* key) { return get<std::string>(key, "a text"); }
  std::string text_or(const char* key, std::string fallback) {
    return text(key).value_or(std::move(fallback));
  }
  std::optional<int64_t> whole(const char* key) { return get<int64_t>(key, "a whole number"); }
  bool flag(const char* key) { return get<bool>(key, "true or false").value_or(false); }

  // A text, or a list of texts.
  std::vector<std::string> texts(const char* key) {
    const toml::node* found = node(key);
    return found == nullptr ? std::vector<std::string>() : texts_of(key, *found);
  }
  std::vector<std::string> texts_of(const std::string& key, const toml::node& found) const {
    if (const auto one = found.value_exact<std::string>()) return {*one};
    const toml::array* list = found.as_array();
    if (list == nullptr) wrong(key, found, "a text or a list of texts");
    std::vector<std::string> all;
    for (const toml::node& item : *list) {
      const auto text = item.value_exact<std::string>();
      if (!text) wrong(key, item, "a list of texts");
      all.push_back(*text);
    }
    return all;
  }

  std::optional<TomlTable> table(const char* key) {
    const toml::node* found = node(key);
    if (found == nullptr) return std::nullopt;
    if (!found->is_table()) wrong(key, *found, "a table");
    return TomlTable(*found->as_table(), name_of(key));
  }
  std::vector<TomlTable> tables(const char* key) {
    std::vector<TomlTable> all;
    const toml::node* found = node(key);
    if (found == nullptr) return all;
    if (!found->is_array()) wrong(key, *found, "a list of tables");
    for (const toml::node& item : *found->as_array()) {
      if (!item.is_table()) wrong(key, item, "a list of tables");
      all.emplace_back(*item.as_table(), name_of(key));
    }
    return all;
  }

  const toml::table& entries() const { return table_; }
  std::string where() const { return place(table_); }

  [[noreturn]] void wrong(const std::string& key, const toml::node& found, const char* kind) const {
    throw Error(ErrorKind::input, fmt::format("'{}' must be {}", name_of(key), kind), place(found));
  }
  // Every key must have been asked for by now.
  void finish() const {
    for (const auto& [key, value] : table_) {
      const std::string name(key.str());
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      const std::string in = name_.empty() ? "a task" : fmt::format("[{}]", name_);
      throw Error(ErrorKind::input, fmt::format("'{}' is not a key of {}", name, in), place(value),
                  suggest_name(name, known_));
    }
  }

 private:
  std::string name_of(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }

  const toml::table& table_;
  std::string name_;
  std::vector<std::string> known_;
};

}  // namespace evergreen
