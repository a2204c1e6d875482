#include "evergreen/train/parallel_cost.hpp"

#include <algorithm>
#include <numeric>

#include "evergreen/parallel/sharding_plan.hpp"

namespace evergreen {
namespace {

int ranks_of_a_shard_group(const ParallelShape& shape) {
  switch (shape.mode) {
    case ParallelMode::ddp:
      return 1;
    case ParallelMode::hybrid:
      return shape.shard_ranks;
    default:
      return shape.ranks;
  }
}

int64_t part_sent(int64_t bytes, int64_t ranks) { return bytes / ranks * (ranks - 1); }

}  // namespace

int64_t UnitSizes::total() const { return std::accumulate(layers.begin(), layers.end(), others); }

UnitSizes unit_sizes(const ModelConfig& config, int shard_ranks) {
  std::vector<PlannedTensor> tensors;
  for (const ParameterInfo& info : parameter_table(config))
    tensors.push_back({info.name, info.elements(), info.block});
  const ShardingPlan plan(tensors, shard_ranks);
  UnitSizes sizes;
  for (const PlannedUnit& unit : plan.units()) {
    if (unit.block >= 0 && unit.block < config.num_layers) {
      sizes.layers.push_back(unit.elements);
    } else {
      sizes.others += unit.elements;
    }
  }
  return sizes;
}

ParallelCost parallel_cost(const ModelConfig& config, const ParallelShape& shape) {
  const int64_t shard = ranks_of_a_shard_group(shape), copies = shape.ranks / shard;
  const UnitSizes sizes = unit_sizes(config, static_cast<int>(shard));
  const int64_t all = sizes.total(), largest = *std::max_element(sizes.layers.begin(), sizes.layers.end());
  const int64_t weights = all * shape.weight_bytes, gradients = all * shape.gradient_bytes,
                optimizer = all * shape.optimizer_bytes;
  ParallelCost cost;
  switch (shape.mode) {
    case ParallelMode::ddp:
      cost.bytes_within = 2 * part_sent(gradients, shape.ranks);
      cost.state_bytes = weights + gradients + optimizer;
      break;
    case ParallelMode::zero1:
      cost.bytes_within = part_sent(gradients, shape.ranks) + part_sent(weights, shape.ranks);
      cost.state_bytes = weights + gradients + optimizer / shape.ranks;
      break;
    case ParallelMode::zero3:
    case ParallelMode::hybrid: {
      const int64_t again = (all - sizes.others - sizes.layers.back()) * shape.weight_bytes;
      cost.bytes_within = shape.micro_batches *
                          (part_sent(weights, shard) + part_sent(again, shard) + part_sent(gradients, shard));
      if (copies > 1) cost.bytes_across = 2 * part_sent(gradients / shard, copies);
      cost.state_bytes = (weights + gradients + optimizer) / shard;
      // Two layers at a time: one in use, one on its way.
      cost.working_bytes = (sizes.others + 2 * largest) * (shape.weight_bytes + shape.gradient_bytes);
      break;
    }
  }
  return cost;
}

}  // namespace evergreen
