#include "cli/engine_library.hpp"

#include <cstdlib>

#include <dlfcn.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"

namespace evergreen::cli {
namespace {

fs::path library_path() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  return program.parent_path().parent_path() / "lib" / "libevergreen_engine.so";
}

const EngineApi& load() {
  // Threads that wait for each other by spinning cost several times over on a busy machine, and threads that sleep at once cost
  // 10 % of a step of a small model on a quiet one: spin for some 0.1 ms, then sleep. OpenMP reads this once.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "10000", 0);
  const fs::path path = library_path();
  if (!fs::exists(path)) {
    throw Error(ErrorKind::usage, "this build has no LibTorch: it can only extract, apply, graft and inspect",
                path.string(), "build with -DEVERGREEN_TORCH=ON (./dev build)");
  }
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw Error(ErrorKind::io, std::string("cannot load the engine: ") + ::dlerror(), path.string(),
                "run ./dev setup");
  const auto entry = reinterpret_cast<const EngineApi* (*)()>(::dlsym(library, kEngineEntry));
  if (entry == nullptr) throw Error(ErrorKind::internal, "the engine has no entry point", path.string());
  return *entry();
}

}  // namespace

const EngineApi& engine() {
  static const EngineApi& api = load();
  return api;
}

}  // namespace evergreen::cli
