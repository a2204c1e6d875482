// How large a KV cache the work ahead wants, and what a bound on its memory leaves of that.
//
// Errors    Error{resource} where not even the longest sequence fits into `kv_memory_bytes`, or, without a bound, where the machine
//           has less memory free than the longest sequence takes. What would fit in part only is given in part.
#pragma once

#include <cstdint>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

struct CacheNeed {
  int64_t longest = 0;  // tokens of one sequence
  int64_t wanted = 0;   // pages for all that may be in the cache at once
};

// Pages to take: `wanted`, or fewer, but enough for the longest sequence.
int64_t plan_cache_pages(const ModelConfig& config, size_t element_bytes, bool on_cpu, const CacheNeed& need,
                         int64_t kv_memory_bytes);

}  // namespace evergreen
