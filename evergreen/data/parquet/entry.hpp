// What libevergreen_parquet.so offers the rest.
#pragma once

#include "evergreen/data/parquet_reader.hpp"

namespace evergreen {

inline constexpr const char* kOpenParquet = "evergreen_open_parquet";
using OpenParquet = ParquetReader* (*)(const fs::path& path, const std::string& text_column,
                                       const std::string& date_column);

inline constexpr const char* kParquetJsonLines = "evergreen_parquet_json_lines";
using ParquetJsonLines = void (*)(const fs::path& path, std::string& lines);

}  // namespace evergreen
