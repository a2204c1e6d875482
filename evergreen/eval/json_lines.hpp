// A file of JSON lines, for this module's sources only (nlohmann's types stay out of public headers).
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/json.hpp"

namespace evergreen {

struct JsonLine {
  Json value;         // an object
  std::string where;  // "news.jsonl, line 3"
};

// Empty lines are skipped; a file without any object is Error{input}.
std::vector<JsonLine> read_json_lines(const fs::path& file);

}  // namespace evergreen
