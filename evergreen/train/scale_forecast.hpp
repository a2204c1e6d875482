// What a step of parallel training takes on a cluster of GPUs, on paper: docs/scale.md has the formulas and what they were held against.
//
//   compute    tokens x (6 W + 6 L S D) / (efficiency x peak)       W weights in matrix products, L layers, S sequence, D hidden, causal
//   within     bytes_within / bandwidth of a rank within its shard group
//   across     bytes_across / bandwidth of a rank to other nodes
//   step       max(compute, within + across) + what nothing hides: the gather of the first units and the last reduce-scatter
#pragma once

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/train/parallel_cost.hpp"

namespace evergreen {

struct Cluster {
  int ranks_per_node = 8;
  double peak_flops = 989e12;  // bf16, dense: NVIDIA H100 SXM data sheet
  double efficiency =
      0.35;  // of the peak, in computation: torchtitan's on Llama 3.1 8B, counted as above (docs/scale.md)
  double memory_bytes = 80e9;
  double node_bandwidth =
      360e9;  // bytes/s a rank sends within a node: 80 % of NVLink's 450e9 (900 GB/s both ways)
  double network_bandwidth = 42e9;  // bytes/s of a rank's network card: 85 % of 400 Gb/s
};

struct ScaleForecast {
  ParallelCost cost;
  double memory_bytes = 0;  // of a rank: state, working and activations of recomputed layers
  double compute_seconds = 0, communication_seconds = 0, exposed_seconds = 0, step_seconds = 0;
  double tokens_per_second = 0;  // of all ranks
  bool fits = false;
};

// `tokens`: of a rank in a step (one micro-batch), in sequences of `sequence` tokens.
ScaleForecast scale_forecast(const ModelConfig& config, const ParallelShape& shape, const Cluster& cluster,
                             int64_t tokens, int64_t sequence);

}  // namespace evergreen
