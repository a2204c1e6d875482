// The angles of the rotary position embedding.
//
// Source    transformers' modeling_rope_utils.py: theta^(-2 f / E), and _compute_llama3_parameters. Computed in float32 by
//           the same operations in the same order: at position 8000 one bit of a frequency is 5e-4 of an angle.
#pragma once

#include <ATen/core/Tensor.h>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

at::Tensor inverse_frequencies(const ModelConfig& config);  // float32, [E/2]

struct RotaryAngles {
  at::Tensor cos_NF, sin_NF;  // F = E/2
};
RotaryAngles rotary_angles(const at::Tensor& positions_N, const at::Tensor& inverse_frequencies,
                           at::ScalarType type);

}  // namespace evergreen
