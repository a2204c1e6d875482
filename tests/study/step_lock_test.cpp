#include "evergreen/study/step_lock.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen::study {

TEST(StepLock, OneHasItAndTheNextAfterHim) {
  const test::TempDir dir;
  {
    const auto mine = StepLock::take(dir / "lock");
    ASSERT_TRUE(mine);
    EXPECT_FALSE(StepLock::take(dir / "lock"));
  }
  EXPECT_TRUE(StepLock::take(dir / "lock"));
}

TEST(StepLock, AKilledProcessLeavesItAtOnce) {
  const test::TempDir dir;
  const fs::path lock = dir / "lock", ready = dir / "ready";
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = StepLock::take(lock);
    replace_file(ready, held ? "yes" : "no");
    ::pause();
  }
  while (!fs::exists(ready)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(read_text(ready), "yes");
  EXPECT_FALSE(StepLock::take(lock));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(StepLock::take(lock)) << "of the same machine: no heartbeat need be waited for";
}

TEST(StepLock, AnotherMachinesHolderIsLeftAloneWhileHisHeartBeats) {
  const test::TempDir dir;
  const fs::path lock = dir / "lock";
  // What another machine wrote, whose flock is not seen here.
  replace_file(lock, "elsewhere 123 456\n");
  const LockOptions options{.stale_seconds = 1.0, .machine = {}};
  EXPECT_FALSE(StepLock::take(lock, options));
  fs::last_write_time(lock, fs::file_time_type::clock::now() - std::chrono::seconds(5));
  EXPECT_TRUE(StepLock::take(lock, options)) << "no sign of life for longer than that";
}

TEST(StepLock, ItsHeartBeatsWhileItIsHeld) {
  const test::TempDir dir;
  const auto mine = StepLock::take(dir / "lock", {.stale_seconds = 0.2, .machine = {}});
  ASSERT_TRUE(mine);
  const auto before = fs::last_write_time(dir / "lock");
  for (int i = 0; i < 100 && fs::last_write_time(dir / "lock") == before; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_GT(fs::last_write_time(dir / "lock"), before);
}

}  // namespace evergreen::study
