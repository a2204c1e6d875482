// The records of a data set's file, as templates see them.
//
//   .jsonl .ndjson .json   one object a line, or one list of objects
//   .csv                   RFC 4180, the first line names the fields; every value is a text
//   .raw                   WikiText's raw articles: {page}, cut at headings of the first level
// each also as .zst or .gz. Memory is that of all records.
// Errors    Error{input} with file and line for what cannot be read, and for a file without a record.
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

// "a/test.jsonl" also stands for a/test.jsonl.zst and a/test.jsonl.gz: the first there is, else empty.
fs::path find_record_file(const fs::path& folder, const std::vector<std::string>& names);

}  // namespace evergreen
