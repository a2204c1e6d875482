#include "evergreen/eval/json_lines.hpp"

#include <algorithm>

#include "evergreen/data/byte_source.hpp"
#include "evergreen/data/parquet_reader.hpp"

namespace evergreen {

bool has_json_lines(const fs::path& file) {
  const std::string ending = compressed_name(file).name.extension().string();
  return ending == ".jsonl" || ending == ".ndjson" || file.extension() == ".parquet";
}

std::vector<JsonLine> read_json_lines(const fs::path& file) {
  const bool parquet = file.extension() == ".parquet";
  const std::string text = parquet ? parquet_json_lines(file) : read_decompressed(file);
  std::vector<JsonLine> lines;
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    JsonLine& parsed = lines.emplace_back();
    parsed.where = fmt::format("{}, {} {}", file.string(), parquet ? "row" : "line", number);
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
