// One step of AdamW (arXiv 1711.05101) over a tensor, in place, with the clipping factor of the gradient.
//
// Numbers   float32 arithmetic, element by element: the result depends on neither threads nor device (on CPUs with fused
//           multiply-add, where it has the bits of the GPU's). Value, gradient and moments may be bfloat16, results are then rounded to
//           nearest, or stochastically (arXiv 2010.06192) by the numbers of `rounding`: element i takes number first + i, so that a
//           stream of (seed, tensor's name, step) makes a step a function of just these, also where the tensor is a range, from
//           `first` on, of a larger one that is sharded.
// Memory    8 bytes per parameter where all four are bfloat16.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "evergreen/base/random.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"

namespace evergreen::kernels {

struct AdamWTensors {
  at::Tensor value, gradient, exp_avg, exp_avg_sq;  // of one shape and device, contiguous
};

// Float32 and bfloat16 in any mixture on a CPU; on a GPU those of cuda::has_adamw(). Error{internal} for any other.
void adamw_step(const AdamWTensors& tensors, const cpu::AdamWStep& step,
                const std::optional<RandomStream>& rounding = std::nullopt, uint64_t first = 0);

// The formula in float64, without rounding: { value, exp_avg, exp_avg_sq } after the step.
AdamWTensors adamw_step_reference(const AdamWTensors& tensors, const cpu::AdamWStep& step);

}  // namespace evergreen::kernels
