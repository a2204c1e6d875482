#include "evergreen/base/usage.hpp"

#include <sys/resource.h>

namespace evergreen {
namespace {

rusage usage_of_self() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

double processor_seconds() {
  const rusage usage = usage_of_self();
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int64_t peak_memory() { return usage_of_self().ru_maxrss * 1024; }

}  // namespace evergreen
