#include "evergreen/base/free_memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace evergreen {
namespace {

constexpr int64_t kUnknown = std::numeric_limits<int64_t>::max();

std::optional<int64_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  int64_t number = 0;
  return in >> number ? std::optional(number) : std::nullopt;  // "max" is none
}

// The number behind a name, in files of lines such as "MemAvailable:  24 kB" or "inactive_file 4096".
std::optional<int64_t> number_after(const fs::path& file, const std::string& name) {
  std::ifstream in(file);
  std::string word, rest;
  for (int64_t number = 0; in >> word; std::getline(in, rest)) {
    if (word == name && in >> number) return number;
  }
  return std::nullopt;
}

// What files take is given back when memory is wanted; so is what the kernel keeps of names, where it says so.
int64_t free_in(const fs::path& group, const char* limit, const char* usage, const std::string& prefix) {
  const auto most = number_in(group / limit), used = number_in(group / usage);
  if (!most || !used) return kUnknown;
  int64_t given_back = 0;
  for (const char* name : {"inactive_file", "active_file", "slab_reclaimable"})
    given_back += number_after(group / "memory.stat", prefix + name).value_or(0);
  return std::max<int64_t>(0, *most - std::max<int64_t>(0, *used - given_back));
}

// The groups of this process: "0::/path" is that of v2, "7:memory:/path" one of v1.
int64_t free_in_groups(const fs::path& root) {
  const fs::path groups = root / "sys/fs/cgroup";
  std::ifstream in(root / "proc/self/cgroup");
  int64_t free = kUnknown;
  for (std::string line; std::getline(in, line);) {
    const size_t path_at = line.find(":/");
    if (path_at == line.npos) continue;
    const bool second = line.starts_with("0::");
    if (!second && line.find(":memory:") == line.npos) continue;
    const fs::path top = second ? groups : groups / "memory";
    // Inside a container the path may be the host's: then only the top is there, and it is the container's.
    for (fs::path path = line.substr(path_at + 2);; path = path.parent_path()) {
      free = std::min(
          free, second ? free_in(top / path, "memory.max", "memory.current", "")
                       : free_in(top / path, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"));
      if (path.empty()) break;
    }
  }
  return free;
}

}  // namespace

int64_t free_memory(const fs::path& root) {
  const auto kilobytes = number_after(root / "proc/meminfo", "MemAvailable:");
  return std::min(kilobytes ? *kilobytes * 1024 : kUnknown, free_in_groups(root));
}

}  // namespace evergreen
