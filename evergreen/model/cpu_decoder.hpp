// The decoder over plain memory: float32 weights on a CPU, read where they lie, or int8 ones. Part of inference.hpp.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/model/int8_weights.hpp"

namespace evergreen {

class CpuDecoder {
 public:
  static bool serves(const Decoder& decoder);
  explicit CpuDecoder(const Decoder& decoder, const Int8Weights* int8 = nullptr);

  // Projections that read the same input are one matrix.
  struct Layer {
    at::Tensor input_norm, qkv, qkv_bias, o, o_bias, post_norm, gate_up, gate_up_bias, down, down_bias;
  };
  static std::vector<Layer> layers_of(const Decoder& decoder);

  at::Tensor forward(const PackedBatch& batch, KvCache& cache, const std::vector<int64_t>& rows);
  at::Tensor logits(const at::Tensor& hidden_RD);

 private:
  void attention(int64_t index, const PackedBatch& batch, const RotaryAngles& angles, KvCache& cache);
  void mlp(int64_t index);
  const Int8Weights::Layer* int8_layer(int64_t index) const;  // null: float32
  // Into normed_: `rows` rows of `x`.
  void norm(const float* x, const at::Tensor& weight, int64_t rows);
  // Rotated keys, and values, of all new tokens.
  void append(int64_t index, const PackedBatch& batch, const RotaryAngles& angles, KvCache& cache);

  const Decoder& decoder_;
  const ModelConfig& config_;
  const Int8Weights* int8_;  // null: float32
  std::vector<Layer> layers_;
  at::Tensor embedding_, final_norm_, head_;
  at::Tensor inverse_frequencies_;
  at::Tensor logits_;   // memory that is kept: fresh pages for each pass cost as much as a tenth of it
  int64_t tokens_ = 0;  // of the pass
  // Of a pass; LibTorch's memory begins on a cache line, as the matrix product likes it.
  at::Tensor hidden_, normed_, qkv_, attended_, gate_up_, inner_, inverse_rms_;
};

}  // namespace evergreen
