// The built-in tasks: definitions that the library carries (evergreen/eval/tasks/*.toml).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/eval/definition.hpp"

namespace evergreen {

struct CatalogEntry {
  std::string_view name;  // "mmlu"
  std::string_view toml;
};
const std::vector<CatalogEntry>& task_catalog();

// Null where there is none.
const CatalogEntry* find_catalog_entry(std::string_view name);

TaskDefinition built_in_definition(const CatalogEntry& entry);

// `include` names a built-in task or a file beside the definition's.
TaskDefinition read_definition(const std::string& file);

}  // namespace evergreen
