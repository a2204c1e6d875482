#include "evergreen/model/placement.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/human.hpp"
#include "evergreen/model/kv_cache.hpp"
#include "evergreen/model/parameter_table.hpp"

namespace evergreen {
namespace {

// What the blocks of a model take: weights, and a page of the cache for each layer.
struct BlockBytes {
  std::vector<int64_t> weights;  // embedding, layers, final norm and head
  int64_t layer_page = 0;

  int64_t of(size_t block, int64_t pages) const {
    const bool layer = block > 0 && block + 1 < weights.size();
    return weights[block] + (layer ? pages * layer_page : 0);
  }
  int64_t of_range(size_t first, size_t last, int64_t pages) const {
    int64_t bytes = 0;
    for (size_t block = first; block < last; ++block) bytes += of(block, pages);
    return bytes;
  }
};

BlockBytes block_bytes(const ModelConfig& config, size_t element_bytes) {
  const auto layers = static_cast<size_t>(config.num_layers);
  BlockBytes bytes{std::vector<int64_t>(layers + 2, 0),
                   KvCache::page_bytes(config, element_bytes) / config.num_layers};
  for (const ParameterInfo& info : parameter_table(config))
    bytes.weights[static_cast<size_t>(info.block + 1)] +=
        info.elements() * static_cast<int64_t>(element_bytes);
  return bytes;
}

// Each device takes what fits of what is left; `ends[d]` is the block behind its last. The last of them is short of the number of
// blocks where some find no place.
std::vector<size_t> fill(const BlockBytes& bytes, int64_t pages, std::span<const DeviceRoom> rooms) {
  std::vector<size_t> ends;
  size_t block = 0;
  for (const DeviceRoom& room : rooms) {
    for (int64_t left = room.bytes; block < bytes.weights.size() && bytes.of(block, pages) <= left; ++block)
      left -= bytes.of(block, pages);
    ends.push_back(block);
  }
  return ends;
}

std::string blocks_text(size_t first, size_t last, size_t blocks) {
  std::vector<std::string> parts;
  if (first == 0) parts.emplace_back("embedding");
  const size_t first_layer = std::max<size_t>(first, 1), end_layer = std::min(last, blocks - 1);
  if (end_layer == first_layer + 1) parts.push_back(fmt::format("layer {}", first_layer - 1));
  if (end_layer > first_layer + 1)
    parts.push_back(fmt::format("layers {} to {}", first_layer - 1, end_layer - 2));
  if (last == blocks) parts.emplace_back("norm and head");
  return fmt::format("{}", fmt::join(parts, ", "));
}

Error no_place(const BlockBytes& bytes, size_t placed, std::span<const DeviceRoom> rooms) {
  const size_t blocks = bytes.weights.size();
  int64_t free = 0;
  std::vector<std::string> devices;
  for (const DeviceRoom& room : rooms) {
    free += room.bytes;
    devices.push_back(room.device.str());
  }
  const auto text = [](int64_t size) { return human_bytes(static_cast<double>(size)); };
  return {ErrorKind::resource,
          fmt::format("the model and one page of its cache take {}, of which {} find no place: {}",
                      text(bytes.of_range(0, blocks, 1)), text(bytes.of_range(placed, blocks, 1)),
                      blocks_text(placed, blocks, blocks)),
          fmt::format("{}: {} to be had", fmt::join(devices, ", "), text(free)),
          "give more GPUs (--device cuda:0,cuda:1 or cuda:all), --dtype bfloat16, or --device cpu"};
}

}  // namespace

std::vector<c10::Device> Placement::devices() const {
  std::vector<c10::Device> devices;
  for (const c10::Device& device : of_blocks_) {
    if (std::find(devices.begin(), devices.end(), device) == devices.end()) devices.push_back(device);
  }
  return devices;
}

Placement on_one_device(const ModelConfig& config, c10::Device device) {
  return Placement(std::vector<c10::Device>(static_cast<size_t>(config.num_layers + 2), device));
}

Placement place_blocks(const ModelConfig& config, size_t element_bytes, std::span<const DeviceRoom> rooms) {
  const BlockBytes bytes = block_bytes(config, element_bytes);
  const size_t blocks = bytes.weights.size();
  const auto fits = [&](int64_t pages) { return fill(bytes, pages, rooms).back() == blocks; };
  if (!fits(1)) throw no_place(bytes, fill(bytes, 1, rooms).back(), rooms);
  int64_t most = 1, too_many = 2;  // fits(most), not fits(too_many)
  while (fits(too_many)) most = too_many, too_many *= 2;
  while (too_many - most > 1) {
    const int64_t middle = most + (too_many - most) / 2;
    (fits(middle) ? most : too_many) = middle;
  }
  const std::vector<size_t> ends = fill(bytes, most, rooms);
  std::vector<c10::Device> of_blocks;
  for (size_t d = 0; d < rooms.size(); ++d) of_blocks.resize(ends[d], rooms[d].device);
  return Placement(std::move(of_blocks));
}

std::string placement_text(const Placement& placement) {
  const size_t blocks = placement.of_layers().size() + 2;
  const auto device_of = [&](size_t block) { return placement.of(static_cast<int64_t>(block) - 1); };
  std::vector<std::string> parts;
  for (size_t first = 0, last = 0; first < blocks; first = last) {
    while (last < blocks && device_of(last) == device_of(first)) ++last;
    parts.push_back(fmt::format("{}: {}", device_of(first).str(), blocks_text(first, last, blocks)));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace evergreen
