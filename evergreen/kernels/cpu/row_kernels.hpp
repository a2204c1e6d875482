// Plain loops over rows of float32, in vectors: what the fused operations do between their matrix products.
//
// Compiled once for each instruction set by Highway and chosen when they run. Each call works on the rows it is given, on the
// calling thread; the callers share rows out among threads. Rows are contiguous. No call allocates memory.
//
// Numbers   sums of a row in float32 over the vector's lanes, in an order that depends on the instruction set alone; exp within
//           2 ulp (Highway's contrib/math). Gradients are those of the function in exact arithmetic.
// Tested    against the references of the operation that uses each, on every instruction set of the machine.
#pragma once

#include <cstdint>

namespace evergreen::kernels::cpu {

// --- RMSNorm: y = weight * x * inverse_rms, inverse_rms = 1 / sqrt(mean(x^2) + eps) ---

void rms_norm_rows(const float* x, const float* weight, float eps, int64_t rows, int64_t width, float* y,
                   float* inverse_rms);
// y again, from the inverse_rms of the first time.
void rms_norm_rows_again(const float* x, const float* weight, const float* inverse_rms, int64_t rows,
                         int64_t width, float* y);
// grad_x = through (where given) + the gradient of the norm; grad_weight is added to.
void rms_norm_rows_backward(const float* grad_y, const float* x, const float* weight,
                            const float* inverse_rms, const float* through, int64_t rows, int64_t width,
                            float* grad_x, float* grad_weight);

// --- RoPE: rows x heads x (2 * half); elements e and e + half turn by the row's angle e ---

// `sign` +1 turns forward, -1 back (the gradient). In place when y == x.
void rope_rows(const float* x, const float* cosines, const float* sines, float sign, int64_t rows,
               int64_t heads, int64_t half, float* y);

// --- SwiGLU: y = silu(gate) * up ---

void swiglu_rows(const float* gate, const float* up, int64_t count, float* y);
// In place: gate and up are replaced by their gradients; `grad_y` by y, which the caller needs for the next gradient.
void swiglu_rows_backward(float* grad_y, float* gate, float* up, int64_t count);

// --- Softmax with a causal edge: row r sees its first `visible + r` entries, others get 0 ---

// p = softmax(scale * scores) in place, columns [visible + r, columns) set to 0; log_sum[r] = ln(sum(exp(scale * scores))).
void causal_softmax_rows(float* scores, float scale, int64_t rows, int64_t columns, int64_t stride,
                         int64_t visible, float* log_sum);
// p = exp(scale * scores - log_sum) in place, 0 beyond the edge.
void causal_softmax_rows_again(float* scores, float scale, int64_t rows, int64_t columns, int64_t stride,
                               int64_t visible, const float* log_sum);
// grad_p is replaced by the gradient of the scores: p * (grad_p - delta[r]) * scale, 0 beyond the edge.
void causal_softmax_rows_backward(const float* p, float* grad_p, float scale, int64_t rows, int64_t columns,
                                  int64_t stride, int64_t visible, const float* delta);
// delta[r] = sum(a * b) over each row; rows `stride` apart.
void dot_rows(const float* a, const float* b, int64_t rows, int64_t width, int64_t stride, float* delta);

// y[r] += sum over n of p[r][n] * x[n], in this order, whatever the number of rows; rows of p, x and y lie `..._stride` apart.
void weighted_rows(const float* p, int64_t p_stride, int64_t rows, const float* x, int64_t x_stride,
                   int64_t count, int64_t width, float* y, int64_t y_stride);

// --- What is most likely ---

struct RowMaximum {
  int64_t index;  // the first of equals
  float value;
  bool finite;  // all entries are
};
RowMaximum row_maximum(const float* x, int64_t count);

// --- Cross-entropy of logits ---

// Returns -ln p(target) of one row. With `scale` != 0 the logits are replaced by the gradient of scale * (-ln p(target) +
// z * ln(Z)^2), Z the sum of exponentials: scale * (softmax * (1 + 2 z ln Z) - one-hot).
double cross_entropy_row(float* logits, int64_t width, int64_t target, float scale, float z);

// --- AdamW (arXiv 1711.05101), decoupled decay ---

struct AdamWStep {
  float rate;  // learning rate / (1 - beta1^t)
  float kept;  // 1 - learning rate x weight decay
  float one_minus_beta1, beta2, one_minus_beta2, eps;
  float bias2_sqrt;      // sqrt(1 - beta2^t)
  float gradient_scale;  // of clipping
};
void adamw_rows(float* values, const float* gradients, float* exp_avg, float* exp_avg_sq, int64_t count,
                const AdamWStep& step);

// Sum of squares in float64; infinite or NaN where an element is.
double sum_of_squares(const float* x, int64_t count);

}  // namespace evergreen::kernels::cpu
