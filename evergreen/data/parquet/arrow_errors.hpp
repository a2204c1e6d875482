// Arrow's and Parquet's errors as ours. For the sources of libevergreen_parquet.so only.
#pragma once

#include <new>
#include <string>
#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>
#include <parquet/exception.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"

namespace evergreen {

[[noreturn]] inline void refuse_parquet(const fs::path& path, const std::string& what,
                                        const std::string& next) {
  throw Error(ErrorKind::input, what, path.string(), next);
}

inline void require_ok(const arrow::Status& status, const fs::path& path) {
  if (status.ok()) return;
  if (status.IsOutOfMemory()) throw std::bad_alloc();
  refuse_parquet(path, "the file is not valid parquet: " + status.message(),
                 "copy or download the file again");
}

template <class T>
T value_of(arrow::Result<T> result, const fs::path& path) {
  require_ok(result.status(), path);
  return std::move(result).ValueUnsafe();
}

// What the layer below Arrow throws.
template <class Body>
auto translated(const fs::path& path, Body&& body) {
  try {
    return body();
  } catch (const parquet::ParquetException& error) {
    refuse_parquet(path, std::string("the file is not valid parquet: ") + error.what(),
                   "copy or download the file again");
  }
}

}  // namespace evergreen
