// Asking long work to stop: a signal handler sets the flag, the work looks at it between steps.
#pragma once

#include <atomic>

namespace evergreen {

class StopFlag {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  void clear() noexcept { requested_.store(false, std::memory_order_relaxed); }  // what was asked to stop has
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

// Throws Error{interrupted} naming `work` if a stop was requested; a null flag never stops.
void throw_if_stopped(const StopFlag* stop, const char* work);

}  // namespace evergreen
