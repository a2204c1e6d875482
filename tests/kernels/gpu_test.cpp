#include "evergreen/kernels/gpu.hpp"

#include <filesystem>
#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen::test {
namespace {

TEST(Gpu, WhatIsMissingIsNamedAndTheCpuGoesOn) {
  const at::Tensor x = at::ones({2, 3}), weight = at::ones({3});
  try {
    kernels::load_gpu();
    EXPECT_NE(kernels::gpu_operations(), nullptr);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_FALSE(error.next().empty());
    EXPECT_EQ(kernels::gpu_operations(), nullptr);
  }
  EXPECT_FALSE(kernels::on_gpu({x, weight}));
  EXPECT_TRUE(kernels::has_rows(x, weight));
  EXPECT_NEAR(kernels::normed(x, weight, 0.0).y_ND.sum().item<double>(), 6.0, 1e-6);
}

TEST(Gpu, DevicesAreNamedAndMisspeltOnesRefused) {
  EXPECT_EQ(kernels::compute_device("cpu", {}), at::Device(at::kCPU));
  for (const std::string name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cudo", ""}) {
    try {
      kernels::compute_device(name, {});
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << name;
      EXPECT_NE(error.next().find("cuda:N"), std::string::npos) << name;
    }
  }
  try {
    EXPECT_EQ(kernels::compute_device("cuda", {}).index(), 0);
    kernels::compute_device("cuda:99", {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_FALSE(error.next().empty());
  }
}

TEST(Gpu, SeveralAreNamedOnceEachAndWithoutTheCpu) {
  EXPECT_EQ(kernels::compute_devices("cpu", {}), std::vector<at::Device>{at::kCPU});
  expect_error(ErrorKind::usage, "cuda:1 is named twice",
               [] { kernels::compute_devices("cuda:1,cuda:0,cuda:1", {}); });
  for (const char* mixed : {"cpu,cuda:0", "cuda:0,cuda", "cuda:all,cuda:0", "cpu,cpu"})
    expect_error(ErrorKind::usage, "stand alone", [&] { kernels::compute_devices(mixed, {}); });
  for (const char* misspelt : {"cuda:0,", "cuda:0;cuda:1", "cuda:0,gpu", "all"})
    expect_error(ErrorKind::usage, "is not a device", [&] { kernels::compute_devices(misspelt, {}); });
  for (const char* several : {"cuda:0,cuda:1", "cuda:all"}) {
    expect_error(ErrorKind::usage, "several devices", [&] { kernels::compute_device(several, {}); });
    expect_error(ErrorKind::usage, "cannot share",
                 [&] { kernels::compute_devices(several, {.rank = 0, .ranks = 2}); });
  }
}

TEST(Gpu, ProcessesOfOneMachineMayNotShareOne) {
  try {
    kernels::compute_device("cuda:0", {.rank = 1, .ranks = 2});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(error.next().find("--device cuda"), std::string::npos);
  }
}

TEST(Gpu, TheLibraryLoadsWithoutOneAndItsTableIsFull) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" /
                    "libevergreen_cuda.so";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "built without nvcc: " << path;
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  const auto entry =
      reinterpret_cast<kernels::cuda::OperationsEntry>(::dlsym(library, kernels::cuda::kOperationsEntry));
  ASSERT_NE(entry, nullptr);
  const kernels::cuda::Operations& table = entry();
  EXPECT_TRUE(table.normed && table.normed_again && table.normed_backward && table.rope && table.swiglu &&
              table.swiglu_backward && table.cross_entropy && table.adamw && table.has_paged_attention &&
              table.paged_attention && table.device_name);
}

}  // namespace
}  // namespace evergreen::test
