#include "evergreen/data/parquet_reader.hpp"

#include <dlfcn.h>

#include "evergreen/base/companion_library.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/data/parquet/entry.hpp"

namespace evergreen {
namespace {

constexpr const char* kLibrary = "libevergreen_parquet.so";

// Null where this build has none.
void* library() {
  static void* const loaded = open_companion_library(
      kLibrary, "Arrow is missing or another one: run ./dev setup (sources) or ./setup (release)");
  return loaded;
}

template <class Function>
Function entry(const char* name, const fs::path& file) {
  if (library() == nullptr) {
    throw Error(ErrorKind::usage, "this build has no Arrow: it cannot read parquet", file.string(),
                "run ./dev setup and build again, or convert the file to .jsonl");
  }
  void* const found = ::dlsym(library(), name);
  if (found == nullptr) {
    throw Error(ErrorKind::internal, std::string("the reader of parquet has no entry point ") + name,
                kLibrary);
  }
  return reinterpret_cast<Function>(found);
}

}  // namespace

bool has_parquet() { return library() != nullptr; }

std::unique_ptr<ParquetReader> open_parquet(const fs::path& path, const std::string& text_column,
                                            const std::string& date_column) {
  return std::unique_ptr<ParquetReader>(
      entry<OpenParquet>(kOpenParquet, path)(path, text_column, date_column));
}

std::string parquet_json_lines(const fs::path& path) {
  std::string lines;
  entry<ParquetJsonLines>(kParquetJsonLines, path)(path, lines);
  return lines;
}

}  // namespace evergreen
