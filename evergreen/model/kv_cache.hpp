// Keys and values of past tokens: a fixed number of slots, one for each sequence that is being generated.
//
// Shapes    per layer: keys and values [slots, capacity, K, E].
// Memory    2 x layers x slots x capacity x K x E elements, taken at construction.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

class KvCache {
 public:
  KvCache(const ModelConfig& config, int64_t slots, int64_t capacity, at::TensorOptions options);

  int64_t slots() const { return static_cast<int64_t>(lengths_.size()); }
  int64_t capacity() const { return capacity_; }
  int64_t length(int64_t slot) const { return lengths_.at(static_cast<size_t>(slot)); }
  void truncate(int64_t slot, int64_t length);  // forget all past `length`; 0 frees the slot

  // Appends [n, K, E] keys and values of layer `layer` behind `past` tokens of the slot. Error{internal} past capacity.
  void append(int64_t layer, int64_t slot, int64_t past, const at::Tensor& keys_NKE,
              const at::Tensor& values_NKE);
  void advance(int64_t slot, int64_t tokens);  // after the last layer: the new tokens count as past
  at::Tensor keys(int64_t layer, int64_t slot, int64_t length) const;  // a view, [length, K, E]
  at::Tensor values(int64_t layer, int64_t slot, int64_t length) const;

  // All slots of a layer, [slots, capacity, K, E]: for kernels that serve many sequences at once.
  const at::Tensor& layer_keys(int64_t layer) const { return keys_.at(static_cast<size_t>(layer)); }
  const at::Tensor& layer_values(int64_t layer) const { return values_.at(static_cast<size_t>(layer)); }
  // Error{internal} unless `tokens` fit behind `past` tokens of the slot.
  void require_room(int64_t slot, int64_t past, int64_t tokens) const;

 private:
  int64_t capacity_;
  std::vector<int64_t> lengths_;
  std::vector<at::Tensor> keys_, values_;
};

}  // namespace evergreen
