// Memory that this process may still take without swapping: of the machine, and of the control group it is in (a container, a Slurm job).
//
// Source    Linux: proc(5), MemAvailable; cgroup v2 (Documentation/admin-guide/cgroup-v2.rst): memory.max, memory.current, and inactive_file of
//           memory.stat, which is given back when it is wanted; the group and all it lies in bound it. v1: memory.limit_in_bytes and
//           memory.usage_in_bytes of the group.
#pragma once

#include <cstdint>

#include "evergreen/base/file.hpp"

namespace evergreen {

// Bytes; the largest number where a system does not say. `root` is where proc and sys/fs/cgroup lie.
int64_t free_memory(const fs::path& root = "/");

}  // namespace evergreen
