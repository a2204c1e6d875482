// The records of a data set's file, as templates see them.
//
//   .jsonl .ndjson .json   one object a line, or one list of objects
//   .csv                   RFC 4180, the first line names the fields; every value is a text
//   .raw                   WikiText's raw articles: {page}, cut at headings of the first level
// each also as .zst or .gz; and
//   .parquet               a data set's rows, as Hugging Face's hub has them (data/parquet_reader.hpp)
// Memory is that of all records.
// Errors    Error{input} with file and line for what cannot be read, and for a file without a record; Error{usage} for .parquet
//           where this build has no Arrow.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/text/jinja/value.hpp"

namespace evergreen {

struct Record {
  jinja::Dict fields;
  std::string where;  // "test.jsonl, line 3"
};

std::vector<Record> read_records(const fs::path& file);

// The same of a text, by the ending of `name`.
std::vector<Record> parse_records(std::string_view text, const fs::path& name);

// "a/test.jsonl" also stands for a/test.jsonl.zst and .gz, for a/test.parquet, and for a/test-00000-of-00002.parquet with its
// other parts, in order. The first of the names that is there, else nothing. Error{input} where a part is missing.
std::vector<fs::path> find_record_files(const fs::path& folder, const std::vector<std::string>& names);

}  // namespace evergreen
