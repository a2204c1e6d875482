// y = x W^T for few or many rows of x, straight from the memory of the weights: the matrix product of inference.
//
// A BLAS rearranges the weights first, which for the few rows of a decoding step costs more than the product itself. Here each
// weight is read from memory once for up to 64 rows of x, the next ones are fetched meanwhile, and nothing is copied.
//
// Numbers   float32. Every element is one chain of fused multiply-adds in each lane and one sum over the lanes, whatever the
//           number of rows and of threads: a row's result does not depend, to the last bit, on the rows beside it.
// int8      weights may be whole numbers of 8 bits with a scale for each output (model/int8_weights.hpp): they are made float32 in
//           registers, a quarter of the memory is read. y = scale_O (x W8_OI^T) + bias_O; the same order of sums.
// Memory    rows of x and of the weights may begin anywhere. Where they begin on cache lines (64 bytes) no vector lies across two: with
//           AVX-512 and weights that come from memory, 16 rows then take a fifth less time. y never changes by it.
// Tested    against a float64 product, on every instruction set of the machine.
#pragma once

#include <cstdint>

namespace evergreen::kernels::cpu {

// y_NO = x_NI W_OI^T + bias_O; rows lie `..._stride` floats apart.
struct LinearRows {
  const float* x;
  int64_t x_stride;
  int64_t rows, inner;  // N and I
  const float* weight;
  int64_t weight_stride;
  const float* bias;  // null: none
  float* y;
  int64_t y_stride;
  bool add = false;                     // y += in place of y =
  const int8_t* int8_weight = nullptr;  // in place of `weight`
  const float* scale = nullptr;         // of int8_weight: one for each output
};

// Columns [first, last) of y, on the calling thread.
void linear_columns(const LinearRows& linear, int64_t first, int64_t last);

// Columns [0, outputs), shared out among LibTorch's threads.
void linear_rows(const LinearRows& linear, int64_t outputs);

}  // namespace evergreen::kernels::cpu
