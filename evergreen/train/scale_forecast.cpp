#include "evergreen/train/scale_forecast.hpp"

#include <algorithm>

#include "evergreen/train/speed.hpp"

namespace evergreen {
namespace {

// Bytes/s of a rank in a group of ranks next to each other. A ring through several nodes enters and leaves each by one card, and there are
// as many rings as cards.
double ring_bandwidth(const Cluster& cluster, int ranks) {
  if (ranks <= cluster.ranks_per_node) return cluster.node_bandwidth;
  return std::min(cluster.node_bandwidth, cluster.network_bandwidth * cluster.ranks_per_node);
}

// bf16: the input of every layer, and what one layer keeps (34 T D, Korthikanti et al., arXiv 2205.05198, section 4.1, without its
// dropout and score terms: attention is not materialised).
double activation_bytes(const ModelConfig& config, int64_t tokens) {
  return static_cast<double>(tokens) * static_cast<double>(config.hidden_size) *
         (2.0 * static_cast<double>(config.num_layers) + 34.0);
}

}  // namespace

ScaleForecast scale_forecast(const ModelConfig& config, const ParallelShape& shape, const Cluster& cluster,
                             int64_t tokens, int64_t sequence) {
  ScaleForecast forecast;
  forecast.cost = parallel_cost(config, shape);
  const int shard = shape.mode == ParallelMode::hybrid ? shape.shard_ranks : shape.ranks;
  const UnitSizes sizes = unit_sizes(config, shards_weights(shape.mode) ? shard : 1);
  const double attention = 6.0 * static_cast<double>(config.num_layers) * static_cast<double>(sequence) *
                           static_cast<double>(config.num_heads * config.head_dim);
  forecast.compute_seconds = static_cast<double>(tokens) * (flops_per_token(config) + attention) /
                             (cluster.efficiency * cluster.peak_flops);
  const double bandwidth = ring_bandwidth(cluster, shard);
  forecast.communication_seconds =
      static_cast<double>(forecast.cost.bytes_within) / bandwidth +
      static_cast<double>(forecast.cost.bytes_across) / cluster.network_bandwidth;
  // Embedding, norm, head and the first layer forward; the first layer's and the embedding's gradients at the end.
  const double ends = static_cast<double>(sizes.others + sizes.layers.front());
  forecast.exposed_seconds = ends * (shape.weight_bytes + shape.gradient_bytes) / bandwidth;
  forecast.step_seconds =
      std::max(forecast.compute_seconds, forecast.communication_seconds) + forecast.exposed_seconds;
  forecast.tokens_per_second = static_cast<double>(tokens) * shape.ranks / forecast.step_seconds;
  forecast.memory_bytes = static_cast<double>(forecast.cost.state_bytes + forecast.cost.working_bytes) +
                          activation_bytes(config, tokens);
  forecast.fits = forecast.memory_bytes < 0.92 * cluster.memory_bytes;  // the rest: CUDA, NCCL, fragmentation
  return forecast;
}

}  // namespace evergreen
