// Which device each block of a model lies on: all on one, or its layers over several of this process, one after the other.
//
//   devices   cuda:0                     cuda:1
//   blocks    embedding, layers 0 to 15  layers 16 to 31, final norm and head
//
// Blocks are those of parameter_table.hpp. Hidden states cross from device to device at the borders; keys and values lie beside
// their layer. One device works while the others wait: this is for models that no single card holds, not for speed.
//
// The plan  blocks follow each other in the order of the devices. Of the plans that fit it is one that leaves room for the most
//           tokens in the cache, which are as many as the fullest device has room for; the first devices are filled first.
// Errors    Error{resource} where the weights and one page of the cache do not fit: what finds no place, and how much that is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

class Placement {
 public:
  // The embedding, each layer, final norm and head.
  explicit Placement(std::vector<c10::Device> of_blocks) : of_blocks_(std::move(of_blocks)) {}

  c10::Device of(int64_t block) const { return of_blocks_.at(static_cast<size_t>(block + 1)); }
  c10::Device first() const { return of_blocks_.front(); }
  std::vector<c10::Device> of_layers() const { return {of_blocks_.begin() + 1, of_blocks_.end() - 1}; }
  std::vector<c10::Device> devices() const;  // each once, in order

 private:
  std::vector<c10::Device> of_blocks_;
};

Placement on_one_device(const ModelConfig& config, c10::Device device);

struct DeviceRoom {
  c10::Device device;
  int64_t bytes;  // for weights and cache
};
Placement place_blocks(const ModelConfig& config, size_t element_bytes, std::span<const DeviceRoom> rooms);

// "cuda:0: embedding, layers 0 to 15; cuda:1: layers 16 to 31, norm and head"
std::string placement_text(const Placement& placement);

}  // namespace evergreen
