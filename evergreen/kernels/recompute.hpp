// A block that keeps its input alone, and is run again in the backward pass (Chen et al., arXiv 1604.06174).
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

using Block = std::function<at::Tensor(const at::Tensor&)>;

// block(x). Gradients of the tensors that `block` uses are gathered in them, as in any backward pass. What the block refers to must
// live until then. An x that needs no gradient is passed through the block as it is.
at::Tensor recomputed(const Block& block, const at::Tensor& x);

// The same, where the backward pass runs `again`: it has the gradients of `block`, but only the shape of its result is used.
at::Tensor recomputed(const Block& block, const Block& again, const at::Tensor& x);

}  // namespace evergreen::kernels
