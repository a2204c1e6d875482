#include "evergreen/kernels/gpu.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include <ATen/ATen.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen::kernels {
namespace {

namespace fs = std::filesystem;

// What is loaded is the process', like the instruction sets that the kernels for CPUs are chosen by.
std::atomic<const cuda::Operations*> loaded{nullptr};

fs::path torch_library() {
  Dl_info info{};
  // The static function lies in libtorch_cpu.so.
  if (::dladdr(reinterpret_cast<const void*>(&at::globalContext), &info) == 0)
    throw Error(ErrorKind::internal, "LibTorch cannot be located");
  return fs::canonical(info.dli_fname).parent_path() / "libtorch_cuda.so";
}

fs::path kernel_library() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  return program.parent_path().parent_path() / "lib" / "libevergreen_cuda.so";
}

void* open_library(const fs::path& path, int scope, const char* what, const char* next) {
  if (!fs::exists(path)) throw Error(ErrorKind::usage, std::string(what) + " is not installed", path, next);
  void* library = ::dlopen(path.c_str(), RTLD_NOW | scope);
  if (library != nullptr) return library;
  throw Error(ErrorKind::io, std::string("cannot load ") + what + ": " + ::dlerror(), path, next);
}

const cuda::Operations& load() {
  open_library(torch_library(), RTLD_GLOBAL, "LibTorch's library for GPUs", "run ./dev setup --gpu");
  if (c10::impl::VirtualGuardImpl(at::kCUDA).deviceCount() == 0) {
    throw Error(ErrorKind::usage, "no GPU is found", "CUDA",
                "check nvidia-smi: the driver must be one for CUDA 13");
  }
  const fs::path path = kernel_library();
  void* library =
      open_library(path, RTLD_LOCAL, "evergreen's library for GPUs",
                   "build where nvcc is found, or with -DEVERGREEN_CUDA=ON to see what is missing");
  const auto entry = reinterpret_cast<cuda::OperationsEntry>(::dlsym(library, cuda::kOperationsEntry));
  if (entry == nullptr) throw Error(ErrorKind::internal, "the library for GPUs has no entry point", path);
  return entry();
}

Error unknown_device(const std::string& name) {
  return {ErrorKind::usage,
          fmt::format("'{}' is not a device", name),
          {},
          "give cpu, cuda, cuda:N, several as cuda:0,cuda:1, or cuda:all"};
}

// What is asked for, before anything is known of the machine.
struct Asked {
  bool cpu = false, own = false, all = false;
  std::vector<int> gpus;
};

std::vector<std::string> split(const std::string& names) {
  std::vector<std::string> parts{""};
  for (const char c : names) c == ',' ? (void)parts.emplace_back() : parts.back().push_back(c);
  return parts;
}

int gpu_index(const std::string& name) {
  constexpr std::string_view kStem = "cuda:";
  int index = -1;
  const char* const end = name.data() + name.size();
  if (!name.starts_with(kStem)) throw unknown_device(name);
  const auto [last, error] = std::from_chars(name.data() + kStem.size(), end, index);
  if (error != std::errc() || last != end || index < 0) throw unknown_device(name);
  return index;
}

Asked parse_devices(const std::string& names) {
  const std::vector<std::string> parts = split(names);
  Asked asked;
  for (const std::string& name : parts) {
    asked.cpu = asked.cpu || name == "cpu";
    asked.own = asked.own || name == "cuda";
    asked.all = asked.all || name == "cuda:all";
    if (name == "cpu" || name == "cuda" || name == "cuda:all") continue;
    const int index = gpu_index(name);
    if (std::find(asked.gpus.begin(), asked.gpus.end(), index) != asked.gpus.end())
      throw Error(ErrorKind::usage, fmt::format("{} is named twice", name), "--device " + names,
                  "name each GPU once");
    asked.gpus.push_back(index);
  }
  if (parts.size() > 1 && asked.gpus.size() != parts.size()) {
    throw Error(ErrorKind::usage, fmt::format("'{}' mixes names that stand alone with others", names),
                "--device", "give cpu, cuda or cuda:all alone, or GPUs by number, as in cuda:0,cuda:1");
  }
  return asked;
}

void require_there(int index, int count) {
  if (index < count) return;
  throw Error(ErrorKind::usage, fmt::format("there is no GPU {}: {} found", index, count),
              fmt::format("cuda:{}", index),
              "name one that is there, or start as many processes on a machine as it has GPUs");
}

}  // namespace

void load_gpu() {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  if (loaded == nullptr) loaded = &load();
}

std::vector<at::Device> compute_devices(const std::string& names, LocalRank local) {
  Asked asked = parse_devices(names);
  if (asked.cpu) return {at::kCPU};
  if (local.ranks > 1 && !asked.own) {
    throw Error(ErrorKind::usage,
                fmt::format("{} processes of a machine cannot share {}", local.ranks, names), {},
                "give --device cuda: each takes the GPU of its local rank");
  }
  load_gpu();
  const c10::impl::VirtualGuardImpl gpus(at::kCUDA);
  const int count = gpus.deviceCount();
  if (asked.own) asked.gpus = {local.rank};
  for (int index = 0; asked.all && index < count; ++index) asked.gpus.push_back(index);
  std::vector<at::Device> devices;
  for (const int index : asked.gpus) {
    require_there(index, count);
    devices.emplace_back(at::kCUDA, static_cast<at::DeviceIndex>(index));
  }
  gpus.setDevice(devices.front());
  return devices;
}

at::Device compute_device(const std::string& name, LocalRank local) {
  const Asked asked = parse_devices(name);
  if (asked.all || asked.gpus.size() > 1) {
    throw Error(ErrorKind::usage, fmt::format("'{}' are several devices, a process trains on one", name),
                "--device",
                "give --device cuda and start a process for each GPU: torchrun --no-python evergreen ...");
  }
  return compute_devices(name, local).front();
}

int64_t free_gpu_bytes(at::Device device) {
  c10::DeviceAllocator& allocator = *c10::getDeviceAllocator(device.type());
  allocator.emptyCache();
  return static_cast<int64_t>(allocator.getMemoryInfo(device.index()).first);
}

std::string gpu_name(int index) {
  return gpu_operations() == nullptr ? "" : gpu_operations()->device_name(index);
}

const cuda::Operations* gpu_operations() { return loaded.load(std::memory_order_acquire); }

bool on_gpu(std::initializer_list<at::Tensor> tensors) {
  if (gpu_operations() == nullptr) return false;
  const at::Tensor* first = nullptr;
  for (const at::Tensor& t : tensors) {
    if (!t.defined()) continue;
    if (first == nullptr) first = &t;
    const bool plain = t.is_cuda() && t.is_contiguous() &&
                       (t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16);
    if (!plain || t.device() != first->device() || t.scalar_type() != first->scalar_type()) return false;
  }
  return first != nullptr;
}

cpu::Normed normed(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps) {
  return x_ND.is_cpu() ? cpu::normed(x_ND, weight_D, eps) : gpu_operations()->normed(x_ND, weight_D, eps);
}

at::Tensor normed_again(const at::Tensor& x_ND, const at::Tensor& weight_D, const at::Tensor& inverse_rms_N) {
  return x_ND.is_cpu() ? cpu::normed_again(x_ND, weight_D, inverse_rms_N)
                       : gpu_operations()->normed_again(x_ND, weight_D, inverse_rms_N);
}

cpu::NormGradient normed_backward(const at::Tensor& grad_ND, const at::Tensor& x_ND,
                                  const at::Tensor& weight_D, const at::Tensor& inverse_rms_N,
                                  const at::Tensor& through_ND) {
  return x_ND.is_cpu()
             ? cpu::normed_backward(grad_ND, x_ND, weight_D, inverse_rms_N, through_ND)
             : gpu_operations()->normed_backward(grad_ND, x_ND, weight_D, inverse_rms_N, through_ND);
}

}  // namespace evergreen::kernels
