#include "evergreen/parallel/sharding_plan.hpp"

#include <algorithm>

namespace evergreen {

ShardingPlan::ShardingPlan(const std::vector<PlannedTensor>& tensors, int ranks)
    : tensors_(tensors), ranks_(ranks) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    auto unit = std::find_if(units_.begin(), units_.end(),
                             [&](const PlannedUnit& known) { return known.block == tensors[i].block; });
    if (unit == units_.end()) unit = units_.insert(units_.end(), {tensors[i].block, {}, {}, 0});
    unit->tensors.push_back(i);
    unit->offsets.push_back(unit->elements);
    unit->elements += tensors[i].elements;
  }
  const int64_t whole = ranks * kShardElements;
  for (PlannedUnit& unit : units_) unit.elements = (unit.elements + whole - 1) / whole * whole;
}

std::vector<OwnedRange> ShardingPlan::owned(const PlannedUnit& unit, int rank) const {
  const int64_t begin = rank * shard_elements(unit), end = begin + shard_elements(unit);
  std::vector<OwnedRange> ranges;
  for (size_t i = 0; i < unit.tensors.size(); ++i) {
    const int64_t at = unit.offsets[i];
    const int64_t first = std::max(begin, at), last = std::min(end, at + tensors_[unit.tensors[i]].elements);
    if (first < last) ranges.push_back({unit.tensors[i], first - at, last - first, first - begin});
  }
  return ranges;
}

}  // namespace evergreen
