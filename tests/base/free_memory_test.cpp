#include "evergreen/base/free_memory.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

class FreeMemoryTest : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((dir_ / name).parent_path());
    replace_file(dir_ / name, text);
  }
  int64_t found() const { return free_memory(dir_.path()); }
  test::TempDir dir_;
};

}  // namespace

TEST_F(FreeMemoryTest, OfAMachineIsWhatItCanGiveWithoutSwapping) {
  EXPECT_EQ(found(), std::numeric_limits<int64_t>::max());
  put("proc/meminfo", "MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:     600 kB\nBuffers: 1 kB\n");
  EXPECT_EQ(found(), 600 * 1024);
}

TEST_F(FreeMemoryTest, IsBoundedByTheGroupAndAllItLiesIn) {
  put("proc/meminfo", "MemAvailable: 1000 kB\n");
  put("proc/self/cgroup", "0::/job/step\n");
  put("sys/fs/cgroup/job/step/memory.max", "max\n");
  put("sys/fs/cgroup/job/step/memory.current", "100\n");
  EXPECT_EQ(found(), 1000 * 1024);
  put("sys/fs/cgroup/job/memory.max", "5000\n");
  put("sys/fs/cgroup/job/memory.current", "3000\n");
  EXPECT_EQ(found(), 2000);
  put("sys/fs/cgroup/job/memory.stat", "anon 2000\ninactive_file 700\nactive_file 300\n");
  EXPECT_EQ(found(), 3000) << "what files take is given back";
  put("sys/fs/cgroup/memory.max", "2500\n");
  put("sys/fs/cgroup/memory.current", "2600\n");
  EXPECT_EQ(found(), 0);
}

TEST_F(FreeMemoryTest, OfTheFirstVersionOfGroups) {
  put("proc/meminfo", "MemAvailable: 1000 kB\n");
  put("proc/self/cgroup", "12:cpu:/box/step\n7:memory:/box/step\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  put("sys/fs/cgroup/memory/memory.usage_in_bytes", "1\n");
  put("sys/fs/cgroup/memory/box/step/memory.limit_in_bytes", "9223372036854771712\n");
  put("sys/fs/cgroup/memory/box/step/memory.usage_in_bytes", "1\n");
  put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "4000\n");
  put("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "3500\n");
  put("sys/fs/cgroup/memory/box/memory.stat", "total_inactive_file 500\n");
  EXPECT_EQ(found(), 1000);
}

TEST(FreeMemory, OfThisMachineIsSomething) {
  EXPECT_GT(free_memory(), 0);
  EXPECT_LT(free_memory(), std::numeric_limits<int64_t>::max());
}

}  // namespace evergreen
