#include "evergreen/eval/records.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/data/byte_source.hpp"
#include "evergreen/data/parquet_reader.hpp"
#include "evergreen/eval/csv.hpp"
#include "evergreen/text/jinja/json_value.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

using jinja::Dict;
using jinja::Value;

Record make_record(const Value& value, std::string where) {
  if (!value.is_dict()) throw Error(ErrorKind::input, "a record is not a JSON object", where);
  return {value.as_dict(), std::move(where)};
}

std::vector<Record> json_list(std::string_view text, const std::string& file) {
  const Value list = jinja::parse_json_value(text, file);
  if (!list.is_sequence()) throw Error(ErrorKind::input, "the file is neither JSON lines nor a list", file);
  std::vector<Record> records;
  for (const Value& item : list.as_sequence().items)
    records.push_back(make_record(item, fmt::format("{}, item {}", file, records.size() + 1)));
  return records;
}

std::vector<Record> json_lines(std::string_view text, const std::string& file, const char* unit = "line") {
  std::vector<Record> records;
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    std::string where = fmt::format("{}, {} {}", file, unit, number);
    const Value value = jinja::parse_json_value(line, where);
    records.push_back(make_record(value, std::move(where)));
  }
  return records;
}

std::vector<Record> csv_records(std::string_view text, const std::string& file) {
  const std::vector<CsvRow> rows = parse_csv(text, file);
  std::vector<Record> records;
  for (size_t i = 1; i < rows.size(); ++i) {
    const std::string where = fmt::format("{}, line {}", file, rows[i].line);
    if (rows[i].cells.size() != rows[0].cells.size()) {
      throw Error(ErrorKind::input,
                  fmt::format("{} values, but the first line names {} fields", rows[i].cells.size(),
                              rows[0].cells.size()),
                  where);
    }
    Dict fields;
    for (size_t c = 0; c < rows[0].cells.size(); ++c)
      fields.set(rows[0].cells[c], Value::text(rows[i].cells[c]));
    records.push_back({std::move(fields), where});
  }
  return records;
}

// " = Title = ", but not " = = Section = = ".
bool is_title(std::string_view line) {
  return line.starts_with(" = ") && line.ends_with(" = ") && line.size() > 6 && !line.starts_with(" = = ");
}

std::vector<Record> wikitext_pages(std::string_view text, const std::string& file) {
  std::vector<Record> records;
  size_t begin = 0;
  const auto add = [&](size_t end) {
    const std::string_view page = text.substr(begin, end - begin);
    if (page.find_first_not_of(" \n") == page.npos) return;
    Dict fields;
    fields.set("page", Value::text(std::string(page)));
    records.push_back({std::move(fields), fmt::format("{}, page {}", file, records.size() + 1)});
  };
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (is_title(text.substr(at, end - at))) {
      add(at);
      begin = at;
    }
    at = end + 1;
  }
  add(text.size());
  return records;
}

void require_records(const std::vector<Record>& records, const std::string& file) {
  if (records.empty()) throw Error(ErrorKind::input, "there is no record in the file", file);
}

std::vector<Record> parquet_records(const fs::path& file) {
  std::string text;
  append_replacing_ill_formed(text, parquet_json_lines(file));
  std::vector<Record> records = json_lines(text, file.string(), "row");
  require_records(records, file.string());
  return records;
}

// a/test-00000-of-00002.parquet and its other parts.
std::vector<fs::path> parquet_parts(const fs::path& folder, const fs::path& stem) {
  const fs::path place = (folder / stem).parent_path();
  const std::string begin = stem.filename().string() + "-00000-of-";
  if (!fs::is_directory(place)) return {};
  std::vector<fs::path> first;
  for (const fs::directory_entry& entry : fs::directory_iterator(place)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(begin) && name.ends_with(".parquet") && name.size() == begin.size() + 13)
      first.push_back(entry.path());
  }
  if (first.empty()) return {};
  std::sort(first.begin(), first.end());
  const std::string count = first.front().filename().string().substr(begin.size(), 5);
  std::vector<fs::path> parts;
  for (int part = 0; part < std::atoi(count.c_str()); ++part) {
    parts.push_back(place / fmt::format("{}-{:05}-of-{}.parquet", stem.filename().string(), part, count));
    if (!fs::is_regular_file(parts.back()))
      throw Error(ErrorKind::input, "a part of the data set is missing", parts.back().string(),
                  "download it again");
  }
  return parts;
}

std::vector<fs::path> files_of(const fs::path& folder, const fs::path& name) {
  const fs::path stem = fs::path(name).replace_extension();
  for (const std::string& candidate :
       {name.string(), name.string() + ".zst", name.string() + ".gz", stem.string() + ".parquet"}) {
    if (fs::is_regular_file(folder / candidate)) return {folder / candidate};
  }
  return parquet_parts(folder, stem);
}

}  // namespace

std::vector<Record> parse_records(std::string_view bytes, const fs::path& name) {
  std::string text;
  append_replacing_ill_formed(text, bytes);
  const std::string ending = name.extension().string(), file = name.string();
  std::vector<Record> records;
  if (ending == ".csv") {
    records = csv_records(text, file);
  } else if (ending == ".raw") {
    records = wikitext_pages(text, file);
  } else if (ending == ".json" || ending == ".jsonl" || ending == ".ndjson") {
    const size_t first = text.find_first_not_of(" \t\r\n");
    const bool list = first != text.npos && text[first] == '[';
    records = list ? json_list(text, file) : json_lines(text, file);
  } else {
    throw Error(ErrorKind::input, fmt::format("records are not read from files that end in '{}'", ending),
                file, ".parquet; .jsonl, .ndjson, .json, .csv or .raw, each also as .zst or .gz");
  }
  require_records(records, file);
  return records;
}

std::vector<Record> read_records(const fs::path& file) {
  if (file.extension() == ".parquet") return parquet_records(file);
  return parse_records(read_decompressed(file), compressed_name(file).name);
}

std::vector<fs::path> find_record_files(const fs::path& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (std::vector<fs::path> found = files_of(folder, name); !found.empty()) return found;
  }
  return {};
}

}  // namespace evergreen
