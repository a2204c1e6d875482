// The matrices of a decoder as whole numbers of 8 bits, for speed on a CPU: a decoding step is as fast as weights come from memory,
// and these are a quarter of float32's bytes.
//
//   scale_o = max_i |W_oi| / 127      W8_oi = round(W_oi / scale_o)
//
// One symmetric scale for each output; a row of zeros has scale 0. Embedding, norms and biases stay float32, as do all sums. What this
// costs in quality is measured, not assumed: generate/int8_loss.hpp.
//
// Memory    a quarter of the matrices', beside the float32 weights, which stay where they are.
// Errors    Error{usage} for weights that are not float32 on a CPU.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/model/decoder.hpp"

namespace evergreen {

struct Int8Matrix {
  at::Tensor weight_OI, scale_O;  // int8; float32
};

struct Int8Weights {
  struct Layer {
    Int8Matrix qkv, o, gate_up, down;  // q, k and v one behind the other, as gate and up
  };
  std::vector<Layer> layers;
  Int8Matrix head;
};

Int8Matrix int8_matrix(const at::Tensor& weight_OI);
Int8Weights int8_weights(const Decoder& decoder);

}  // namespace evergreen
