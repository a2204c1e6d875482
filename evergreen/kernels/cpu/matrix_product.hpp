// c = a b for many rows: the matrix product of training.
//
// A BLAS is made for large square matrices, and MKL gives a processor that is not Intel's its kernels of 256 bits. Here the
// kernel is that of the widest vectors the machine has (tiles of 8 rows by 3 vectors), b is packed into the second-level cache a
// block at a time, and a is read where it lies unless its inner dimension is the strided one.
//
// Shapes    a is [rows, inner], b [inner, columns]; either may be the transpose of what lies in memory. The three products of a
//           linear layer y = x W^T are y = x (W^T), grad_x = grad_y W and grad_W = (grad_y^T) x.
// Numbers   float32. Every element is chains of fused multiply-adds over at most kInnerBlock terms, added in order: its bits do
//           not depend on threads, nor on its place in a tile.
// Memory    704 KiB for each thread, kept.
// Method    blocks as in Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (ACM TOMS 34(3), 2008).
// Tested    against a float64 product, on every instruction set of the machine.
#pragma once

#include <cstdint>

namespace evergreen::kernels::cpu {

// A matrix in memory: element (i, j) lies at data[i * stride + j], or at data[j * stride + i] where it is transposed.
struct MatrixView {
  const float* data;
  int64_t stride;
  bool transposed = false;
};

struct MatrixProduct {
  int64_t rows, columns, inner;
  MatrixView a, b;
  float* c;
  int64_t c_stride;
  const float* base = nullptr;  // is added: rows base_stride apart; c itself to accumulate
  int64_t base_stride = 0;
  const float* bias = nullptr;  // is added to every row
};

// A part of c, on the calling thread.
struct MatrixPart {
  int64_t row, rows, column, columns;
};
void matrix_product_part(const MatrixProduct& product, const MatrixPart& part);

// All of c, shared out among LibTorch's threads.
void matrix_product(const MatrixProduct& product);

}  // namespace evergreen::kernels::cpu
