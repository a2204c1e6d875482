// One part of a tensor of several checkpoints, slice by slice: sums of its directions, and what is no number in it
// (statistics.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/residual/direction_sums.hpp"
#include "evergreen/residual/row_alignment.hpp"

namespace evergreen {

// A tensor of one checkpoint, asked for by elements of the outline.
struct TensorSide {
  static constexpr uint64_t kAbsent = UINT64_MAX;
  const CheckpointReader* reader = nullptr;
  const TensorInfo* tensor = nullptr;
  const std::vector<int64_t>* rows = nullptr;  // null: as in the outline
  uint64_t width = 1;                          // of a row

  uint64_t element_bytes() const { return static_cast<uint64_t>(dtype_bits(tensor->dtype)) / 8; }

  uint64_t own_element(uint64_t element) const;  // kAbsent in a row that is not here
  // Marks in `absent` the elements of rows that are not here.
  void read(uint64_t first, uint64_t count, std::span<std::byte> out, std::span<uint8_t> absent) const;
};

// Which checkpoints a direction is made of, by their numbers.
struct DirectionSides {
  static constexpr size_t kNone = SIZE_MAX;
  size_t a = kNone, b = kNone, onto = kNone;
};

struct NotFiniteCount {
  uint64_t nan = 0, infinite = 0;
  uint64_t first = 0;  // element of its tensor
};

struct PartStatistics {
  DirectionSums sums;
  std::vector<NotFiniteCount> not_finite;  // by checkpoint
};

class PartPass {
 public:
  PartPass(const std::vector<DirectionSides>& directions, const std::vector<TensorSide>& tensors);

  // Elements [first, first + count) of the outline's tensor, in order. Returns the bytes read.
  uint64_t slice(uint64_t first, uint64_t count);
  PartStatistics take() { return std::move(result_); }

 private:
  static constexpr size_t kChunk = 1024;  // decoded at once: stays in the first-level cache
  using Chunk = std::array<double, kChunk>;

  void chunk(uint64_t element, uint64_t at, size_t count);
  void leave_out_absent(uint64_t at, size_t count);
  void leave_out(uint64_t element, size_t count);
  void direction(size_t k, size_t count);
  uint64_t changed_onto(size_t onto, const Chunk& v, size_t count) const;
  static double dot(const Chunk& x, const Chunk& y);
  static bool all_finite(const Chunk& x);

  const std::vector<DirectionSides>& sides_;
  const std::vector<TensorSide>& tensors_;  // by checkpoint
  PartStatistics result_;
  std::vector<Chunk> values_, directions_;
  std::vector<std::vector<std::byte>> buffers_;
  bool aligned_ = false;
  std::vector<uint8_t> absent_;  // elements of the slice that some checkpoint lacks
};

}  // namespace evergreen
