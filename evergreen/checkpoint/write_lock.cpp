#include "evergreen/checkpoint/write_lock.hpp"

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr auto kRetryAfter = std::chrono::milliseconds(20);

int flag(WriteLock::Mode mode) { return mode == WriteLock::Mode::alone ? LOCK_EX : LOCK_SH; }

}  // namespace

// Opened for writing: NFS keeps these locks as byte ranges, and gives an exclusive one to writers only.
WriteLock::WriteLock(const fs::path& path, Mode mode, double patience_seconds)
    : path_(path), descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw system_error(errno, "cannot open the file", path.string());
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(patience_seconds);
  while (!change(mode)) {
    if (std::chrono::steady_clock::now() >= end) {
      ::close(std::exchange(descriptor_, -1));
      throw Error(ErrorKind::input, "another process is writing this output", path.parent_path().string(),
                  "wait for it, or choose another name");
    }
    std::this_thread::sleep_for(kRetryAfter);
  }
}

WriteLock::~WriteLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

WriteLock::WriteLock(WriteLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

WriteLock& WriteLock::operator=(WriteLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

bool WriteLock::change(Mode mode) {
  if (::flock(descriptor_, flag(mode) | LOCK_NB) == 0) return true;
  if (errno != EWOULDBLOCK && errno != EINTR) {
    // A file system without locks: two runs of one output at a time are then the user's to avoid.
    return errno == ENOLCK || errno == ENOTSUP || errno == ENOSYS;
  }
  ::flock(descriptor_, LOCK_UN);
  return false;
}

bool WriteLock::is_current() const {
  struct stat held {
  }, there{};
  return ::fstat(descriptor_, &held) == 0 && ::stat(path_.c_str(), &there) == 0 &&
         held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

}  // namespace evergreen
