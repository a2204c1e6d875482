// Memory that this process may still take without swapping: of the machine, and of the control group it is in (a container, a Slurm job).
//
// Source    Linux: proc(5), MemAvailable; cgroup v2 (Documentation/admin-guide/cgroup-v2.rst): memory.max less memory.current, but for the files
//           and names in it (memory.stat), which are given back when memory is wanted; v1 likewise, memory.limit_in_bytes and
//           memory.usage_in_bytes. The group and all it lies in bound it.
#pragma once

#include <cstdint>

#include "evergreen/base/file.hpp"

namespace evergreen {

// Bytes; the largest number where a system does not say. `root` is where proc and sys/fs/cgroup lie.
int64_t free_memory(const fs::path& root = "/");

}  // namespace evergreen
