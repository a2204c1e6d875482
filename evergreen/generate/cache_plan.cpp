#include "evergreen/generate/cache_plan.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/model/kv_cache.hpp"

namespace evergreen {
namespace {

// Memory the system can give without swapping; all there is where it does not say.
int64_t free_memory() {
  std::ifstream in("/proc/meminfo");
  std::string name, unit;
  for (int64_t kilobytes = 0; in >> name >> kilobytes; std::getline(in, unit)) {
    if (name == "MemAvailable:") return kilobytes * 1024;
  }
  return std::numeric_limits<int64_t>::max();
}

}  // namespace

int64_t plan_cache_pages(const ModelConfig& config, size_t element_bytes, bool on_cpu, const CacheNeed& need,
                         int64_t kv_memory_bytes) {
  const int64_t page = KvCache::page_bytes(config, element_bytes), least = KvCache::pages_of(need.longest);
  const bool bounded = kv_memory_bytes > 0;
  // A tenth stays free for the rest of the pass.
  const int64_t allowed = bounded  ? kv_memory_bytes
                          : on_cpu ? free_memory() / 10 * 9
                                   : std::numeric_limits<int64_t>::max();
  if (allowed / page < least) {
    throw Error(ErrorKind::resource,
                fmt::format("one sequence of {} tokens takes {} bytes of cache, {} are {}", need.longest,
                            page * least, allowed, bounded ? "allowed" : "free"),
                {},
                bounded ? "allow more memory for the cache, or shorten the prompts and answers"
                        : "shorten the prompts and answers");
  }
  return std::clamp(need.wanted, least, std::max(least, allowed / page));
}

}  // namespace evergreen
