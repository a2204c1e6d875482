#include "evergreen/kernels/gpu.hpp"

#include <filesystem>
#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "evergreen/base/error.hpp"

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
              table.swiglu_backward && table.cross_entropy && table.adamw);
}

}  // namespace
}  // namespace evergreen::test
