// How large a KV cache the work ahead wants, and what a bound on its memory leaves of that.
//
// A page takes some memory of each device that layers lie on (model/placement.hpp): the fullest one decides.
// Errors    Error{resource} where not even the longest sequence fits into `kv_memory_bytes`, or, without a bound, where a device
//           has less memory free than its part of the longest sequence takes. What would fit in part only is given in part.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "evergreen/model/decoder.hpp"

namespace evergreen {

struct CacheNeed {
  int64_t longest = 0;  // tokens of one sequence
  int64_t wanted = 0;   // pages for all that may be in the cache at once
};

// What a device has to do with the cache.
struct CacheRoom {
  std::string device;
  int64_t page_bytes = 0;  // of the layers that lie there
  int64_t free_bytes = 0;  // that the cache may take
};

// Pages to take: `wanted`, or fewer, but enough for the longest sequence.
int64_t plan_cache_pages(std::span<const CacheRoom> rooms, const CacheNeed& need, int64_t kv_memory_bytes);

// With the rooms of the decoder's devices as they are now.
int64_t plan_cache_pages(const Decoder& decoder, const CacheNeed& need, int64_t kv_memory_bytes);

}  // namespace evergreen
