// How tensors lie in flat units, and which part of each unit a rank owns.
//
// A unit is all tensors of one block of the model (a layer), one behind the other in the order given, padded at the end to a whole number
// of kShardElements for each rank. Rank r of n owns the r-th of n equal parts, wherever that cuts a tensor: even shards whatever the
// shapes, and a plan that is a function of names, sizes and n alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evergreen {

inline constexpr int64_t kShardElements = 16;  // 64 bytes of float32: a rank's part begins on a cache line

struct PlannedTensor {
  std::string name;
  int64_t elements = 0;
  int64_t block = 0;
};

struct PlannedUnit {
  int64_t block = 0;
  std::vector<size_t> tensors;   // indices into what was planned
  std::vector<int64_t> offsets;  // of each of them in the unit, elements
  int64_t elements = 0;          // with padding
};

// Elements [first, first + count) of a tensor, at [offset, offset + count) of the rank's part of a unit.
struct OwnedRange {
  size_t tensor = 0;
  int64_t first = 0, count = 0, offset = 0;
};

class ShardingPlan {
 public:
  // Units in the order in which their blocks come first.
  ShardingPlan(const std::vector<PlannedTensor>& tensors, int ranks);

  const std::vector<PlannedUnit>& units() const { return units_; }
  int64_t shard_elements(const PlannedUnit& unit) const { return unit.elements / ranks_; }
  std::vector<OwnedRange> owned(const PlannedUnit& unit, int rank) const;

 private:
  std::vector<PlannedTensor> tensors_;
  int ranks_;
  std::vector<PlannedUnit> units_;
};

}  // namespace evergreen
