#include "evergreen/parallel/device_collectives.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {

TEST(DeviceCollectives, WithoutAGpuTheLibraryLoadsAndSaysWhatIsMissing) {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" /
                    "libevergreen_nccl.so";
  if (!std::filesystem::exists(path)) {
    test::expect_error(ErrorKind::usage, "no collectives of tensors on GPUs", [] { device_collectives(); });
    return;
  }
  const DeviceCollectivesLibrary& library = device_collectives();
  ASSERT_TRUE(library.new_id != nullptr && library.connect != nullptr);
  test::expect_error(ErrorKind::usage, "NCCL is not loaded", [&] { library.new_id(); });
}

}  // namespace evergreen
