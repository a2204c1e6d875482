#include "evergreen/kernels/gpu.hpp"

#include <atomic>
#include <charconv>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include <ATen/ATen.h>
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
  return {ErrorKind::usage, fmt::format("'{}' is not a device", name), {}, "give cpu, cuda or cuda:N"};
}

// -1: the CPU.
int gpu_index(const std::string& name, LocalRank local) {
  if (name == "cpu") return -1;
  if (name == "cuda") return local.rank;
  constexpr std::string_view kStem = "cuda:";
  int index = -1;
  const char* const end = name.data() + name.size();
  if (!name.starts_with(kStem)) throw unknown_device(name);
  const auto [last, error] = std::from_chars(name.data() + kStem.size(), end, index);
  if (error != std::errc() || last != end || index < 0) throw unknown_device(name);
  if (local.ranks > 1) {
    throw Error(ErrorKind::usage, fmt::format("{} processes of a machine cannot share {}", local.ranks, name),
                {}, "give --device cuda: each takes the GPU of its local rank");
  }
  return index;
}

}  // namespace

void load_gpu() {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  if (loaded == nullptr) loaded = &load();
}

at::Device compute_device(const std::string& name, LocalRank local) {
  const int index = gpu_index(name, local);
  if (index < 0) return at::kCPU;
  load_gpu();
  const c10::impl::VirtualGuardImpl gpus(at::kCUDA);
  const int count = gpus.deviceCount();
  if (index >= count) {
    throw Error(ErrorKind::usage, fmt::format("there is no GPU {}: {} found", index, count), name,
                "name one that is there, or start as many processes on a machine as it has GPUs");
  }
  const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(index));
  gpus.setDevice(device);
  return device;
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
