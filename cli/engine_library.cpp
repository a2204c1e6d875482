#include "cli/engine_library.hpp"

#include <cstdlib>

#include <dlfcn.h>

#include "evergreen/base/companion_library.hpp"
#include "evergreen/base/error.hpp"

namespace evergreen::cli {
namespace {

constexpr const char* kLibrary = "libevergreen_engine.so";
constexpr const char* kTorchVariable = "EVERGREEN_TORCH_DIR";

std::string where_torch_goes() {
  const fs::path place = program_prefix() / "lib" / "evergreen" / "torch";
  return "the engine needs LibTorch 2.11.0: run ./setup (release) or ./dev setup (sources), set " +
         std::string(kTorchVariable) +
         " to the folder of that torch package (python3 -c 'import torch; print(torch.__path__[0])'), or "
         "link "
         "that folder to " +
         place.string();
}

// LibTorch from the folder that the user names: what is loaded already is not looked for again.
void load_named_torch() {
  const char* folder = std::getenv(kTorchVariable);
  if (folder == nullptr || *folder == '\0') return;
  const fs::path path = fs::path(folder) / "lib" / "libtorch_cpu.so";
  if (!fs::exists(path)) {
    throw Error(ErrorKind::usage,
                std::string("there is no LibTorch in the folder that ") + kTorchVariable + " names",
                path.string(), "name the folder that holds lib/libtorch_cpu.so, or unset it");
  }
  if (::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr)
    throw Error(ErrorKind::io, std::string("cannot load LibTorch: ") + ::dlerror(), path.string(),
                where_torch_goes());
}

const EngineApi& load() {
  // Threads that wait for each other by spinning cost several times over on a busy machine, and threads that sleep at once cost
  // 10 % of a step of a small model on a quiet one: spin for some 0.1 ms, then sleep. OpenMP reads this once.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "10000", 0);
  load_named_torch();
  void* library = open_companion_library(kLibrary, where_torch_goes());
  if (library == nullptr) {
    throw Error(ErrorKind::usage,
                "this build has no LibTorch: it has the commands residual, data and study report only",
                kLibrary, "build with -DEVERGREEN_TORCH=ON (./dev build)");
  }
  const auto entry = reinterpret_cast<const EngineApi* (*)()>(::dlsym(library, kEngineEntry));
  if (entry == nullptr) throw Error(ErrorKind::internal, "the engine has no entry point", kLibrary);
  return *entry();
}

}  // namespace

const EngineApi& engine() {
  static const EngineApi& api = load();
  return api;
}

}  // namespace evergreen::cli
