#include "evergreen/eval/catalog.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

std::string included(const std::string& name, const std::string& from) {
  if (const CatalogEntry* entry = find_catalog_entry(name)) return std::string(entry->toml);
  const fs::path file = fs::path(from).parent_path() / name;
  if (fs::is_regular_file(file)) return read_text(file, 1 << 20);
  std::vector<std::string> known;
  for (const CatalogEntry& entry : task_catalog()) known.emplace_back(entry.name);
  throw Error(ErrorKind::input, fmt::format("'include' names '{}', which is neither a task nor a file", name),
              from, suggest_name(name, known));
}

}  // namespace

const CatalogEntry* find_catalog_entry(std::string_view name) {
  const auto& all = task_catalog();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const CatalogEntry& e) { return e.name == name; });
  return found == all.end() ? nullptr : &*found;
}

TaskDefinition built_in_definition(const CatalogEntry& entry) {
  TaskDefinition definition =
      parse_definition(std::string(entry.toml), fmt::format("the task '{}'", entry.name), included);
  definition.built_in = true;
  return definition;
}

TaskDefinition read_definition(const std::string& file) {
  return parse_definition(read_text(file, 1 << 20), file, included);
}

}  // namespace evergreen
