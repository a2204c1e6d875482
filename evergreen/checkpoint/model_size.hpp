// How many numbers a model of this configuration has, and the FLOPs that follow from it.
//
//   N                 weights in matrix products: the projections of all layers, and the output layer (also where it is tied)
//   P                 all parameters
//   training          6 N FLOPs a token (2 forward, 4 backward; Kaplan et al., arXiv 2001.08361); attention not counted. LoRA as
//                     well: the weights' gradients are formed before they are projected
//   evaluation        2 N FLOPs a token
//   graft             3 P FLOPs: a difference, a product and a sum for each parameter
#pragma once

#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {

struct ModelSize {
  double parameters = 0, matmul_weights = 0;
};
ModelSize model_size(const ModelConfig& config);

inline double training_flops(const ModelSize& size, double tokens) {
  return 6 * size.matmul_weights * tokens;
}
inline double evaluation_flops(const ModelSize& size, double tokens) {
  return 2 * size.matmul_weights * tokens;
}
inline double graft_flops(const ModelSize& size) { return 3 * size.parameters; }

}  // namespace evergreen
