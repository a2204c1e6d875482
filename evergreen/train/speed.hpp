// What a step costs, for the metrics.
#pragma once

#include <cstdint>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

// FLOPs of training on one token as the field counts them: 6 for each weight in a matrix product, attention not counted.
double flops_per_token(const ModelConfig& config);

int64_t peak_memory();  // of this process so far, bytes

}  // namespace evergreen
