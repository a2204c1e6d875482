#include "evergreen/eval/json_lines.hpp"

#include <algorithm>

namespace evergreen {

std::vector<JsonLine> read_json_lines(const fs::path& file) {
  const std::string text = read_text(file);
  std::vector<JsonLine> lines;
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    JsonLine& parsed = lines.emplace_back();
    parsed.where = fmt::format("{}, line {}", file.string(), number);
    parsed.value = parse_json(line, parsed.where);
    if (!parsed.value.is_object())
      throw Error(ErrorKind::input, "the line is not a JSON object", parsed.where);
  }
  if (lines.empty())
    throw Error(ErrorKind::input, "there is no item in the file", file.string(),
                "one JSON object on each line");
  return lines;
}

}  // namespace evergreen
