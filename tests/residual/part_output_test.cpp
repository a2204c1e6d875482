#include "evergreen/residual/part_output.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::test {
namespace {

std::vector<std::byte> random_bytes(uint64_t count, uint64_t seed) {
  RandomStream random(seed, "test.part_output");
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
  return bytes;
}

// Each tensor in two parts, in slices of `slice` bytes or what is left.
void write_in_parts(CheckpointWriter& writer, const TensorInfo& tensor, std::span<const std::byte> bytes,
                    uint64_t slice) {
  const auto bits = static_cast<uint64_t>(dtype_bits(tensor.dtype));
  const uint64_t half = tensor.elements() / 3 * bits / 8;
  for (const auto& [first, last] : {std::pair<uint64_t, uint64_t>{half, bytes.size()}, {0, half}}) {
    PartOutput output(writer, tensor, first * 8 / bits);
    for (uint64_t at = first; at < last; at += slice) {
      const auto piece = bytes.subspan(at, std::min(slice, last - at));
      std::ranges::copy(piece, output.next(piece.size()).begin());
    }
    output.finish();
  }
}

TEST(PartOutput, FilesHaveWhatWasPutWhateverTheSizesOfTensorsAndSlices) {
  // The odd tensor of bytes shifts what follows: pages end within elements.
  const std::vector<TensorSpec> plan = {{"a", Dtype::bf16, {1'400'003}}, {"b", Dtype::u8, {5}},
                                        {"c", Dtype::f32, {900'001}},    {"d", Dtype::f64, {3}},
                                        {"e", Dtype::u8, {2'100'000}},   {"f", Dtype::f16, {0, 4}}};
  for (const bool past_cache : {true, false}) {
    for (const uint64_t elements : {uint64_t{1000}, uint64_t{65'536}, uint64_t{3'000'000}}) {
      const TempDir dir;
      WriterOptions options;
      options.past_cache = past_cache;
      CheckpointWriter writer(dir / "out", plan, options);
      std::map<std::string, std::vector<std::byte>> expected;
      for (const TensorInfo& tensor : writer.tensors()) {
        const auto& bytes = expected[tensor.name] = random_bytes(tensor.bytes(), tensor.begin);
        write_in_parts(writer, tensor, bytes, elements * static_cast<uint64_t>(dtype_bits(tensor.dtype)) / 8);
      }
      writer.publish();
      const CheckpointReader reader(dir / "out");
      for (const TensorInfo& tensor : reader.tensors())
        EXPECT_EQ(reader.read_all(tensor), expected.at(tensor.name)) << tensor.name << ' ' << elements;
    }
  }
}

TEST(PartOutput, WhatIsNotFinishedIsNotWritten) {
  const TempDir dir;
  CheckpointWriter writer(dir / "out", {{"a", Dtype::f32, {1000}}});
  const TensorInfo& tensor = writer.get("a");
  PartOutput(writer, tensor, 0).next(4000);
  EXPECT_FALSE(writer.is_written(tensor, 0, 1));
  PartOutput output(writer, tensor, 0);
  std::ranges::fill(output.next(4000), std::byte{1});
  output.finish();
  EXPECT_TRUE(writer.is_written(tensor, 0, 1000));
}

}  // namespace
}  // namespace evergreen::test
