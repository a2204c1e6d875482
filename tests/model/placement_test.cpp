#include "evergreen/model/placement.hpp"

#include <gtest/gtest.h>

#include "evergreen/model/kv_cache.hpp"
#include "evergreen/model/parameter_table.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::test {
namespace {

const c10::Device kFirst(c10::kCUDA, 0), kSecond(c10::kCUDA, 1), kThird(c10::kCUDA, 2);

ModelConfig eight_layers(bool tied = false) {
  ModelConfig config;
  config.vocab_size = 1000;
  config.hidden_size = 64;
  config.intermediate_size = 128;
  config.num_layers = 8;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_dim = 16;
  config.tie_word_embeddings = tied;
  return config;
}

struct Bytes {
  int64_t embedding = 0, layer = 0, head = 0, page = 0;  // page: of one layer
};
Bytes bytes_of(const ModelConfig& config) {
  Bytes bytes;
  for (const ParameterInfo& info : parameter_table(config)) {
    if (info.block == -1) bytes.embedding += 2 * info.elements();
    if (info.block == 0) bytes.layer += 2 * info.elements();
    if (info.block == config.num_layers) bytes.head += 2 * info.elements();
  }
  bytes.page = KvCache::page_bytes(config, 2) / config.num_layers;
  return bytes;
}

std::vector<int64_t> counts(const Placement& placement, const std::vector<c10::Device>& devices) {
  std::vector<int64_t> layers;
  for (const c10::Device& device : devices) {
    const std::vector<c10::Device> of_layers = placement.of_layers();
    layers.push_back(std::count(of_layers.begin(), of_layers.end(), device));
  }
  return layers;
}

// Pages that the fullest device has room for.
int64_t pages_of(const ModelConfig& config, const Placement& placement,
                 const std::vector<DeviceRoom>& rooms) {
  const Bytes bytes = bytes_of(config);
  int64_t pages = INT64_MAX;
  for (const DeviceRoom& room : rooms) {
    const int64_t layers = counts(placement, {room.device})[0];
    int64_t left = room.bytes - layers * bytes.layer;
    if (placement.of(-1) == room.device) left -= bytes.embedding;
    if (placement.of(config.num_layers) == room.device) left -= bytes.head;
    EXPECT_GE(left, 0) << room.device;
    if (layers > 0) pages = std::min(pages, left / (layers * bytes.page));
  }
  return pages;
}

}  // namespace

TEST(Placement, OneDeviceTakesAllOrSaysWhatIsMissing) {
  const ModelConfig config = eight_layers();
  const Bytes bytes = bytes_of(config);
  const int64_t whole = bytes.embedding + bytes.head + 8 * (bytes.layer + bytes.page);
  const Placement placement = place_blocks(config, 2, std::vector<DeviceRoom>{{kFirst, whole}});
  EXPECT_EQ(placement.devices(), std::vector<c10::Device>{kFirst});
  EXPECT_EQ(placement_text(placement), "cuda:0: embedding, layers 0 to 7, norm and head");
  expect_error(ErrorKind::resource, "find no place: norm and head", [&] {
    place_blocks(config, 2, std::vector<DeviceRoom>{{kFirst, whole - 1}});
  });
  expect_error(ErrorKind::resource, "find no place: layers 5 to 7, norm and head", [&] {
    place_blocks(config, 2,
                 std::vector<DeviceRoom>{{kFirst, bytes.embedding + 5 * (bytes.layer + bytes.page)}});
  });
}

TEST(Placement, EqualDevicesShareTheLayersAndKeepTheirOrder) {
  const ModelConfig config = eight_layers();
  const int64_t room = 12 * bytes_of(config).layer;
  const Placement placement =
      place_blocks(config, 2, std::vector<DeviceRoom>{{kSecond, room}, {kFirst, room}});
  EXPECT_EQ(placement_text(placement),
            "cuda:1: embedding, layers 0 to 3; cuda:0: layers 4 to 7, norm and head");
  EXPECT_EQ(placement.first(), kSecond);
  EXPECT_EQ(placement.devices(), (std::vector<c10::Device>{kSecond, kFirst}));
}

TEST(Placement, LeavesRoomForTheMostPagesOfAllPlans) {
  for (const bool tied : {false, true}) {
    const ModelConfig config = eight_layers(tied);
    const int64_t unit = bytes_of(config).layer;
    for (const std::vector<int64_t>& sizes : std::vector<std::vector<int64_t>>{
             {9, 9, 9}, {5, 12, 6}, {14, 3, 8}, {4, 4, 20}, {7, 20, 7}, {20, 1, 20}}) {
      const std::vector<DeviceRoom> rooms = {
          {kFirst, sizes[0] * unit}, {kSecond, sizes[1] * unit}, {kThird, sizes[2] * unit}};
      const Placement plan = place_blocks(config, 2, rooms);
      const int64_t pages = pages_of(config, plan, rooms);
      EXPECT_GE(pages, 1);
      // All ways to cut ten blocks in three.
      int64_t best = 0;
      for (size_t first = 0; first <= 10; ++first) {
        for (size_t second = first; second <= 10; ++second) {
          std::vector<c10::Device> blocks(first, kFirst);
          blocks.resize(second, kSecond);
          blocks.resize(10, kThird);
          const Bytes bytes = bytes_of(config);
          int64_t fewest = INT64_MAX;
          for (const DeviceRoom& room : rooms) {
            int64_t weights = 0, layers = 0;
            for (size_t b = 0; b < 10; ++b) {
              if (blocks[b] != room.device) continue;
              weights += b == 0 ? bytes.embedding : b == 9 ? bytes.head : bytes.layer;
              layers += b > 0 && b < 9;
            }
            const int64_t left = room.bytes - weights;
            if (left < 0) fewest = 0;
            if (layers > 0) fewest = std::min(fewest, std::max<int64_t>(0, left) / (layers * bytes.page));
          }
          best = std::max(best, fewest);
        }
      }
      EXPECT_EQ(pages, best) << sizes[0] << " " << sizes[1] << " " << sizes[2];
    }
  }
}

TEST(Placement, ADeviceThatIsTooSmallForABlockIsPassedOver) {
  const ModelConfig config = eight_layers();
  const int64_t unit = bytes_of(config).layer;
  const Placement placement = place_blocks(
      config, 2, std::vector<DeviceRoom>{{kFirst, 20 * unit}, {kSecond, unit / 2}, {kThird, 20 * unit}});
  EXPECT_EQ(counts(placement, {kSecond})[0], 0);
  EXPECT_EQ(placement.devices(), (std::vector<c10::Device>{kFirst, kThird}));
}

}  // namespace evergreen::test
