// Activation checkpointing: what a layer keeps for the backward pass, and what is made again there. Free of LibTorch.
//
//   none        what the fused operations of a layer keep: its input, turned queries and keys, values, the attention's output,
//               the input of the MLP, gate and up. Scores are made again anyway, which Korthikanti et al. (arXiv 2205.05198, section 5)
//               call selective recomputation, and so are norms and the activation
//   selective   all but gate and up, nearly two thirds of that: the backward pass makes them again by one matrix product
//   full        the input alone: the backward pass runs the layer again (Chen et al., arXiv 1604.06174), but for its last product, whose
//               result no gradient needs
//
// Why gate and up: an element of any product that reads the hidden states costs 2 D operations to make again, whichever it is; one of the
// attention's output costs 2 S besides, one of the layer's output 2 I. Gate and up are the most elements.
// torchtitan's selective level keeps the attention's output too, and of matrix products every second one
// (pytorch/torchtitan cfb9326, torchtitan/distributed/activation_checkpoint.py, _apply_op_sac).
//
// Numbers   on a CPU in float32 gradients are the same bits at every level.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

enum class RecomputeLevel { none, selective, full };

// Also "true" for full and "false" for none. Error{usage} with the nearest name.
RecomputeLevel recompute_level_from_name(std::string_view name);
std::string recompute_level_name(RecomputeLevel level);

// Elements that a layer keeps for each token where its operations are the fused ones. Without them it is more.
int64_t kept_elements(const ModelConfig& config, RecomputeLevel level);

// Operations of a layer's backward pass for each token that `none` has not; attention over causal sequences of `sequence` tokens.
double flops_made_again(const ModelConfig& config, RecomputeLevel level, int64_t sequence);

}  // namespace evergreen
