#include "evergreen/data/parquet_reader.hpp"

#include <dlfcn.h>

#include "evergreen/base/error.hpp"
#include "evergreen/data/parquet/entry.hpp"

namespace evergreen {
namespace {

fs::path library_path() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  return program.parent_path().parent_path() / "lib" / "libevergreen_parquet.so";
}

OpenParquet load() {
  const fs::path path = library_path();
  if (!fs::exists(path)) return nullptr;
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw Error(ErrorKind::io, std::string("cannot load the reader of parquet: ") + ::dlerror(),
                path.string(), "run ./dev setup");
  }
  const auto entry = reinterpret_cast<OpenParquet>(::dlsym(library, kOpenParquet));
  if (entry == nullptr)
    throw Error(ErrorKind::internal, "the reader of parquet has no entry point", path.string());
  return entry;
}

OpenParquet opener() {
  static const OpenParquet entry = load();
  return entry;
}

}  // namespace

bool has_parquet() { return fs::exists(library_path()); }

std::unique_ptr<ParquetReader> open_parquet(const fs::path& path, const std::string& text_column,
                                            const std::string& date_column) {
  if (opener() == nullptr) {
    throw Error(ErrorKind::usage, "this build has no Arrow: it cannot read parquet", path.string(),
                "run ./dev setup and build again, or convert the file to .jsonl");
  }
  return std::unique_ptr<ParquetReader>(opener()(path, text_column, date_column));
}

}  // namespace evergreen
