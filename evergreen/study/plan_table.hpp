// A table of a plan's TOML, read key by key: every key that is asked for is known, all others are errors that name the
// nearest one.
#pragma once

#include <string>
#include <vector>

#include <toml++/toml.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"

namespace evergreen::study {

class PlanTable {
 public:
  PlanTable(const toml::table& table, std::string name, fs::path file)
      : table_(table), name_(std::move(name)), file_(std::move(file)) {}

  // Leaves `value` as it is where the key is missing.
  void read(const char* key, std::string& value);
  void read(const char* key, bool& value);
  void read(const char* key, double& value, double least, double most);
  void read(const char* key, int64_t& value, int64_t least);
  void read(const char* key, uint64_t& value);
  void read(const char* key, std::vector<std::string>& values);
  void read(const char* key, std::vector<double>& values, double least, double most);
  void read(const char* key, std::vector<int64_t>& values, int64_t least);
  void read(const char* key, std::vector<uint64_t>& values);

  bool has(const char* key) const { return table_.contains(key); }
  // Null where there is none; Error{input} where it is no table.
  const toml::table* table(const char* key);
  std::vector<const toml::table*> tables(const char* key);  // of an array of tables
  void require(const char* key) const;                      // Error{input} naming it
  // Error{input} with the nearest of `names`; `value` is what was read of `key`.
  void require_one_of(const char* key, const std::string& value, const std::vector<std::string>& names) const;

  void finish() const;                              // Error{input} for the first key nobody asked for
  std::string where(const toml::node& node) const;  // file and line, or the --set it comes from
  std::string full_name(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }
  [[noreturn]] void refuse(const char* key, const toml::node& node, const std::string& wanted) const;

 private:
  const toml::node* find(const char* key);
  template <class T, class Convert>
  void read_list(const char* key, std::vector<T>& values, Convert convert);

  const toml::table& table_;
  std::string name_;
  fs::path file_;
  std::vector<std::string> known_;
};

}  // namespace evergreen::study
