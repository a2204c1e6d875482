#include "evergreen/data/parquet_reader.hpp"

#include <dlfcn.h>

#include "evergreen/base/companion_library.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/data/parquet/entry.hpp"

namespace evergreen {
namespace {

constexpr const char* kLibrary = "libevergreen_parquet.so";

OpenParquet load() {
  void* library = open_companion_library(
      kLibrary, "Arrow is missing or another one: run ./dev setup (sources) or ./setup (release)");
  if (library == nullptr) return nullptr;
  const auto entry = reinterpret_cast<OpenParquet>(::dlsym(library, kOpenParquet));
  if (entry == nullptr)
    throw Error(ErrorKind::internal, "the reader of parquet has no entry point", kLibrary);
  return entry;
}

OpenParquet opener() {
  static const OpenParquet entry = load();
  return entry;
}

}  // namespace

bool has_parquet() { return opener() != nullptr; }

std::unique_ptr<ParquetReader> open_parquet(const fs::path& path, const std::string& text_column,
                                            const std::string& date_column) {
  if (opener() == nullptr) {
    throw Error(ErrorKind::usage, "this build has no Arrow: it cannot read parquet", path.string(),
                "run ./dev setup and build again, or convert the file to .jsonl");
  }
  return std::unique_ptr<ParquetReader>(opener()(path, text_column, date_column));
}

}  // namespace evergreen
