// What a step costs, for the metrics.
//
// Utilisation (MFU, model FLOPs utilisation: Chowdhery et al., arXiv 2204.02311, appendix B, here without attention) is
// flops_per_token * tokens a second / (peak of a device * devices). What is computed twice (recomputed layers) counts once.
#pragma once

#include <cstdint>
#include <string_view>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

// FLOPs of training on one token as the field counts them: 6 for each weight in a matrix product, attention not counted.
double flops_per_token(const ModelConfig& config);

// FLOP/s of the matrix product that training uses (kernels/products.hpp) on the CPU and the threads in use: the best of a few, 1024 x
// 1024 unless that takes too long.
// About 0.1 s, the first time a process asks.
double matrix_rate(at::ScalarType type);

// The dense bfloat16 rate that a GPU's maker publishes (NVIDIA's data sheets), by the name that CUDA gives it; 0: not known here.
double published_flops(std::string_view gpu);

// The peak of a device: published for a GPU, whatever the precision; measured in `type` on a CPU. 0: not known.
double peak_flops(at::Device device, at::ScalarType type);

// Bytes so far: resident, of this process (CPU), or taken from LibTorch's allocator (GPU).
int64_t peak_memory_on(at::Device device);

}  // namespace evergreen
