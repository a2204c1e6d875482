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

// JSON lines (.jsonl, .ndjson; as such or .zst or .gz), or the rows of a .parquet. By the file's name.
bool has_json_lines(const fs::path& file);

// Empty lines are skipped; a file without any object is Error{input}. A file of another ending is taken for plain JSON lines.
std::vector<JsonLine> read_json_lines(const fs::path& file);

}  // namespace evergreen
