// Parquet files, by Arrow C++ in a library of its own (libevergreen_parquet.so), loaded when the first such file is opened.
//
// Errors    Error{usage} where this build has no Arrow; Error{input} for a file that is not Parquet, is damaged, or has no such
//           column (with the nearest name).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

// Rows one after the other. A null or a value of another type has length -1.
struct ParquetRows {
  std::string text;                   // of all rows, back to back
  std::vector<int64_t> text_lengths;  // a row each
  std::string dates;                  // as text; numbers are written out in unix seconds
  std::vector<int64_t> date_lengths;  // empty where no date column was asked for
};

class ParquetReader {
 public:
  virtual ~ParquetReader() = default;
  virtual int64_t rows() const = 0;
  virtual void skip(int64_t rows) = 0;
  // Some further rows, replacing what `out` held; false at the end. How they are cut does not depend on where reading began.
  virtual bool read(ParquetRows& out) = 0;
};

// `date_column` may be empty. A column inside a struct is named with dots.
std::unique_ptr<ParquetReader> open_parquet(const fs::path& path, const std::string& text_column,
                                            const std::string& date_column);

// All rows and columns, an object on each line, as if the data set had come as JSON lines: lists, structs and maps as such, dates and
// times as ISO 8601 text in UTC, bytes as text, a number that is not finite as null. Memory is that of the text.
// Error{input} naming the column for a type that has no such form (intervals, unions).
std::string parquet_json_lines(const fs::path& path);

bool has_parquet();  // whether this build can read them

}  // namespace evergreen
