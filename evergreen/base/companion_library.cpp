#include "evergreen/base/companion_library.hpp"

#include <dlfcn.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

// The loader's words for a library that it finds nowhere begin with the name; those for one of its own needs with another.
bool is_absent(const std::string& file_name, const std::string& words) {
  return words.rfind(file_name + ": cannot open shared object file: No such file", 0) == 0;
}

}  // namespace

fs::path program_prefix() { return fs::read_symlink("/proc/self/exe").parent_path().parent_path(); }

void* open_companion_library(const std::string& file_name, const std::string& next) {
  const fs::path beside = program_prefix() / "lib" / file_name;
  const std::string name = fs::exists(beside) ? beside.string() : file_name;
  if (void* library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  const std::string words = ::dlerror();
  if (is_absent(file_name, words)) return nullptr;
  throw Error(ErrorKind::io, "cannot load " + file_name + ": " + words, name, next);
}

}  // namespace evergreen
