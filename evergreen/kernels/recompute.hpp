// Activation checkpointing: a block keeps its input alone, and is run again in the backward pass (Chen et al., arXiv 1604.06174).
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

// block(x). Gradients of the tensors that `block` uses are gathered in them, as in any backward pass. What the block refers to must
// live until then. An x that needs no gradient is passed through the block as it is.
at::Tensor recomputed(const std::function<at::Tensor(const at::Tensor&)>& block, const at::Tensor& x);

}  // namespace evergreen::kernels
