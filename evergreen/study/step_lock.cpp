#include "evergreen/study/step_lock.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evergreen/base/error.hpp"

namespace evergreen::study {
namespace {

std::string this_machine() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string contents(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  return {text.data(), static_cast<size_t>(std::max<ssize_t>(0, length))};
}

double changed_at(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) return 0;
  return static_cast<double>(info.st_mtim.tv_sec) + 1e-9 * static_cast<double>(info.st_mtim.tv_nsec);
}

// Now, on the clock of the file system.
double server_time(const fs::path& lock) {
  const fs::path probe = lock.string() + fmt::format(".{}.{}.now", this_machine(), ::getpid());
  const int descriptor = ::open(probe.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) throw system_error(errno, "cannot write beside the lock", probe.string());
  const bool written = ::write(descriptor, "now", 3) == 3;
  const double time = changed_at(descriptor);
  ::close(descriptor);
  ::unlink(probe.c_str());
  if (!written) throw system_error(EIO, "cannot write beside the lock", probe.string());
  return time;
}

// Without locks in the file system the words in the file are all there is.
bool lock_now(int descriptor) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return true;
  return errno == ENOLCK || errno == ENOTSUP || errno == ENOSYS;
}

bool write_all(int descriptor, const std::string& text) {
  return ::ftruncate(descriptor, 0) == 0 &&
         ::pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

// Renews the lock's time until it is destroyed.
struct StepLock::Heart {
  Heart(int descriptor, double every_seconds)
      : beat([this, descriptor, every_seconds] {
          std::unique_lock held(mutex);
          while (!wake.wait_for(held, std::chrono::duration<double>(every_seconds), [this] { return stop; }))
            ::futimens(descriptor, nullptr);
        }) {}
  ~Heart() {
    {
      const std::lock_guard held(mutex);
      stop = true;
    }
    wake.notify_all();
    beat.join();
  }
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false;
  std::thread beat;
};

std::optional<StepLock> StepLock::take(const fs::path& path, const LockOptions& options) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) throw system_error(errno, "cannot open the lock", path.string());
  const auto give_up = [&]() -> std::optional<StepLock> {
    ::close(descriptor);
    return std::nullopt;
  };
  if (!lock_now(descriptor)) return give_up();
  const std::string machine = options.machine.empty() ? this_machine() : options.machine;
  const std::string holder = contents(descriptor);
  const bool of_another = !holder.empty() && holder.rfind(machine + " ", 0) != 0;
  const double age = of_another ? server_time(path) - changed_at(descriptor) : 0;
  if (of_another && age < options.stale_seconds) return give_up();
  const auto nonce = std::chrono::steady_clock::now().time_since_epoch().count();
  const std::string mine = fmt::format("{} {} {}\n", machine, ::getpid(), nonce);
  if (!write_all(descriptor, mine)) {
    const int failed = errno;
    ::close(descriptor);
    throw system_error(failed, "cannot write the lock", path.string());
  }
  if (of_another) {  // another taker's words may have come after ours
    ::fsync(descriptor);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (contents(descriptor) != mine) return give_up();
  }
  return StepLock(path, descriptor, options.stale_seconds);
}

StepLock::StepLock(fs::path path, int descriptor, double stale_seconds)
    : path_(std::move(path)),
      descriptor_(descriptor),
      heart_(std::make_unique<Heart>(descriptor, stale_seconds / 4)) {}

StepLock::StepLock(StepLock&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      heart_(std::move(other.heart_)) {}

// The file stays: whoever removed it could remove the next holder's. Its words go, so that other machines need not wait.
StepLock::~StepLock() {
  if (descriptor_ < 0) return;
  heart_.reset();
  if (::ftruncate(descriptor_, 0) != 0) errno = 0;  // then it is stale in a minute
  ::close(descriptor_);
}

}  // namespace evergreen::study
