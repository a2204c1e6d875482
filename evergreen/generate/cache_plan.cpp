#include "evergreen/generate/cache_plan.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/model/device_memory.hpp"
#include "evergreen/model/kv_cache.hpp"

namespace evergreen {
namespace {

Error too_little(const CacheNeed& need, int64_t bytes, int64_t allowed, bool bounded, std::string device) {
  return {ErrorKind::resource,
          fmt::format("one sequence of {} tokens takes {} bytes of cache, {} are {}", need.longest, bytes,
                      allowed, bounded ? "allowed" : "free"),
          std::move(device),
          bounded ? "allow more memory for the cache, or shorten the prompts and answers"
                  : "shorten the prompts and answers"};
}

}  // namespace

int64_t plan_cache_pages(std::span<const CacheRoom> rooms, const CacheNeed& need, int64_t kv_memory_bytes) {
  const int64_t least = KvCache::pages_of(need.longest);
  if (kv_memory_bytes > 0) {
    int64_t page = 0;
    for (const CacheRoom& room : rooms) page += room.page_bytes;
    if (kv_memory_bytes / page < least) throw too_little(need, page * least, kv_memory_bytes, true, {});
    return std::clamp(need.wanted, least, kv_memory_bytes / page);
  }
  int64_t most = std::numeric_limits<int64_t>::max();
  for (const CacheRoom& room : rooms) {
    const int64_t pages = room.free_bytes / room.page_bytes;
    if (pages < least)
      throw too_little(need, room.page_bytes * least, room.free_bytes, false,
                       rooms.size() > 1 ? room.device : "");
    most = std::min(most, pages);
  }
  return std::clamp(need.wanted, least, most);
}

int64_t plan_cache_pages(const Decoder& decoder, const CacheNeed& need, int64_t kv_memory_bytes) {
  const ModelConfig& config = decoder.config();
  const int64_t layer_page =
      KvCache::page_bytes(config, c10::elementSize(decoder.type())) / config.num_layers;
  const std::vector<at::Device> of_layers = decoder.parameters().placement().of_layers();
  std::vector<CacheRoom> rooms;
  for (const at::Device& device : decoder.parameters().placement().devices()) {
    const int64_t layers = std::count(of_layers.begin(), of_layers.end(), device);
    if (layers == 0) continue;
    const int64_t free = kv_memory_bytes > 0 ? 0 : usable_bytes(device, free_device_bytes(device));
    rooms.push_back({device.str(), layers * layer_page, free});
  }
  return plan_cache_pages(rooms, need, kv_memory_bytes);
}

}  // namespace evergreen
