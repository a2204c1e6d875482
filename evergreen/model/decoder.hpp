// One decoder for Llama 3/3.1/3.2 and Qwen 2/2.5, driven by config.json.
//
// Source    transformers 5.23, modeling_llama.py and modeling_qwen2.py: RMSNorm, RoPE in half-split form, grouped-query
//           attention, SwiGLU. RoPE scaling of type llama3: modeling_rope_utils.py.
// Shapes    N tokens of all sequences back to back (no padding, no mask tensors), D hidden, H heads, K KV heads, E head_dim,
//           V vocabulary. Sequence s is [cu_seqlens[s], cu_seqlens[s+1]); attention never leaves it.
// Numbers   norms and softmax in float32 at least, whatever the dtype of the weights; float32 logits are within 1e-4 of
//           transformers'.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/kernels/linear.hpp"
#include "evergreen/kernels/mlp_block.hpp"
#include "evergreen/model/block_hooks.hpp"
#include "evergreen/model/kv_cache.hpp"
#include "evergreen/model/parameters.hpp"
#include "evergreen/model/recompute_level.hpp"
#include "evergreen/model/rotary.hpp"

namespace evergreen {

struct PackedBatch {
  at::Tensor tokens_N;              // int64
  at::Tensor positions_N;           // int64, counted from the start of each sequence (past tokens included)
  std::vector<int64_t> cu_seqlens;  // S + 1 offsets, first 0, last N
  std::vector<int64_t> slots;       // with a cache: the cache slot of each sequence; else empty
};

// Positions 0, 1, ... for each sequence (plus `past[s]` where given).
PackedBatch make_packed_batch(const std::vector<int64_t>& tokens, const std::vector<int64_t>& cu_seqlens,
                              at::Device device, const std::vector<int64_t>& past = {});

class Decoder {
 public:
  Decoder(ModelConfig config, Parameters parameters);

  const ModelConfig& config() const { return config_; }
  const Parameters& parameters() const { return parameters_; }
  Parameters& parameters() { return parameters_; }

  // Where the tokens of a batch are looked for. Layers may lie on other devices (placement.hpp): what crosses a border is moved.
  at::Device device() const { return parameters_.placement().first(); }
  at::ScalarType type() const { return parameters_.head().scalar_type(); }

  // An empty cache in the dtype of the weights, each layer's part on its device.
  KvCache new_cache(int64_t slots, int64_t pages) const;

  // Hidden states after the final norm, [N, D], on the device of the last block; differentiable unless the caller holds a NoGradGuard. With
  // `cache` the keys and values of the new tokens are appended to each sequence's slot and attention sees the slot's past as well.
  at::Tensor forward(const PackedBatch& batch, KvCache* cache = nullptr) const;

  // Error{internal} for a batch that is not packed, and for cache slots without a cache or the other way round.
  static void require_batch(const PackedBatch& batch, const KvCache* cache);

  // What layers keep for the backward pass, and what it makes again.
  void recompute(RecomputeLevel level) { recompute_ = level; }

  // Who hears of each block of a forward pass; null: nobody. Outlives the passes. The head, read after them, is not told of.
  void follow_blocks(BlockHooks* hooks) { hooks_ = hooks; }

  // hidden_ND x head^T -> [N, V], in the dtype of the weights.
  at::Tensor logits(const at::Tensor& hidden_ND) const;

 private:
  at::Tensor layer(int64_t index, const at::Tensor& hidden_ND, const PackedBatch& batch,
                   const RotaryAngles& angles, KvCache* cache, kernels::MlpPass pass) const;
  at::Tensor layer_again(int64_t index, const at::Tensor& hidden_ND, const PackedBatch& batch,
                         const RotaryAngles& angles) const;
  at::Tensor attention(int64_t index, const at::Tensor& hidden_ND, const PackedBatch& batch,
                       const RotaryAngles& angles, KvCache* cache) const;
  const at::Tensor& weight(int64_t layer, const char* name) const;
  kernels::Linear linear(int64_t layer, const char* name, bool bias) const;

  ModelConfig config_;
  Parameters parameters_;
  RecomputeLevel recompute_ = RecomputeLevel::none;
  BlockHooks* hooks_ = nullptr;
  at::Tensor inverse_frequencies_;  // float32, [E/2], llama3 scaling applied
};

}  // namespace evergreen
