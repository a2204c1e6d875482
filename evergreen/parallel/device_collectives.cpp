#include "evergreen/parallel/device_collectives.hpp"

#include <filesystem>

#include <dlfcn.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

const DeviceCollectivesLibrary& load() {
  namespace fs = std::filesystem;
  const fs::path path =
      fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" / "libevergreen_nccl.so";
  if (!fs::exists(path)) {
    throw Error(
        ErrorKind::usage, "this build has no collectives of tensors on GPUs", path,
        "build where nvcc and nccl.h are found (./dev setup --gpu), or train on one GPU with one process");
  }
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw Error(ErrorKind::io, std::string("cannot load the collectives for GPUs: ") + ::dlerror(), path);
  const auto entry = reinterpret_cast<DeviceCollectivesEntry>(::dlsym(library, kDeviceCollectivesEntry));
  if (entry == nullptr) throw Error(ErrorKind::internal, "the library has no entry point", path);
  return entry();
}

}  // namespace

const DeviceCollectivesLibrary& device_collectives() {
  static const DeviceCollectivesLibrary& library = load();
  return library;
}

}  // namespace evergreen
