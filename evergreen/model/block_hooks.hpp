// Following a forward pass block by block: for weights that are whole in memory only while they are used.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace evergreen {

class BlockHooks {
 public:
  virtual ~BlockHooks() = default;
  // The weights of a block (ParameterInfo::block) are about to be read; where layers are recomputed, in the backward pass again.
  virtual void enter(int64_t block) = 0;
  // They were read; the next reading is in the backward pass, once the gradient of `output` is known.
  virtual void leave(int64_t block, const at::Tensor& output) = 0;
};

}  // namespace evergreen
