// The kernels' launchers: plain pointers into the memory of one GPU, no LibTorch, no CUDA headers.
//
// Each puts its kernel on the stream and returns at once: 0, or the number of a cudaError_t. Nothing is allocated. Rows are
// contiguous unless a stride is given (in elements); float32 arithmetic whatever the element. Accesses are of 16 bytes where
// addresses and widths allow it, else of single elements; both give the same bits, but for sums of rows.
//
// Numbers   every sum is in an order that depends on shapes and alignment alone, not on the GPU or on timing: no atomics.
#pragma once

#include <cstdint>

#include "evergreen/kernels/cuda/adamw_maths.hpp"

struct CUstream_st;

namespace evergreen::kernels::cuda {

using Stream = CUstream_st*;  // cudaStream_t

enum class Element { f32, bf16 };

// --- RMSNorm: y = weight * round(x * s), s = 1 / sqrt(mean(x^2) + eps), round to the element ---

inline constexpr int64_t kLargestNormWidth = 32768;  // a row of float32 sums in shared memory

struct RmsNormForward {
  const void *x_ND, *weight_D;
  void* y_ND;
  float* inverse_rms_N;  // written, or read where `again`
  int64_t rows, width;
  float eps;
  bool again;  // y once more from inverse_rms_N
};
int launch_rms_norm(Element element, const RmsNormForward& norm, Stream stream);

struct RmsNormBackward {
  const void *grad_ND, *x_ND, *weight_D;
  const float* inverse_rms_N;
  const void* through_ND;  // added to the gradient of x: what reaches x past the norm; or null
  void* grad_x_ND;
  float* grad_weight_PD;  // P = rms_norm_parts(rows) partial sums, for the caller to add
  int64_t rows, width;
};
int64_t rms_norm_parts(int64_t rows);
int launch_rms_norm_backward(Element element, const RmsNormBackward& norm, Stream stream);

// --- RoPE, half-split: elements e and e + E/2 of a head turn by the token's angle e ---

struct Rope {
  const void *x_NHE, *cos_NF, *sin_NF;
  void* y_NHE;                 // may be x
  int64_t x_stride, y_stride;  // from token to token
  int64_t tokens, heads, half;
  float sign;  // +1 forward, -1 back: the gradient
};
int launch_rope(Element element, const Rope& rope, Stream stream);

// --- SwiGLU: y = silu(gate) * up; gate and up side by side in each row ---

struct Swiglu {
  const void* gate_up_NI;  // [rows, 2 * inner]
  void* y_NI;              // [rows, inner]
  int64_t rows, inner;
};
int launch_swiglu(Element element, const Swiglu& swiglu, Stream stream);

struct SwigluBackward {
  void* grad_NI;     // the gradient of y; y again afterwards
  void* gate_up_NI;  // their gradients afterwards
  int64_t rows, inner;
};
int launch_swiglu_backward(Element element, const SwigluBackward& swiglu, Stream stream);

// --- Cross-entropy of rows of logits ---

struct CrossEntropy {
  void*
      logits_CV;  // with `weight` != 0 replaced by the gradient of weight * (-ln p(target) + z_loss * ln(Z)^2)
  const int64_t* targets_C;
  float* losses_C;  // -ln p(target); 0 where ignored, NaN where a target is none of the vocabulary
  int64_t rows, vocabulary;
  int64_t ignored;  // this target has no loss and no gradient
  float weight, z_loss;
};
int launch_cross_entropy(Element element, const CrossEntropy& loss, Stream stream);

// --- Causal grouped-query attention of new tokens against a paged cache: softmax(q k^T * scale) v, query head h reads KV head
// h / (H / K); the softmax over tiles of keys (arXiv 1805.02867), each query from its first key to its last ---

struct PagedAttention {
  const void* q_NHE;                    // rotated; E elements of a head and H heads lie together
  const void *keys_PTKE, *values_PTKE;  // the pool of a layer
  const int32_t* pages_SM;              // of each sequence, in order; `pages_stride` from row to row
  const int32_t *sequence_N,
      *keys_N;  // of each query: its row of pages, and how many keys it sees, at least one
  void* out_NHE;
  int64_t tokens, heads, kv_heads, width, page_tokens;
  int64_t q_stride, pages_stride;
  float scale;
};
// Whether a block's shared memory holds what the heads of one KV head need.
bool has_paged_attention(int64_t heads, int64_t kv_heads, int64_t width);
int launch_paged_attention(Element element, const PagedAttention& attention, Stream stream);

// --- AdamW with the clipping factor (step.gradient_scale); bfloat16 results by `rounding` ---

struct AdamWArrays {
  void* value;
  const void* gradient;
  void *exp_avg, *exp_avg_sq;
  int64_t count;
  Element value_element, gradient_element, moment_element;
};
// Whether there is a kernel for these elements: (value, gradient, moments) all float32; float32, bfloat16, float32; all bfloat16;
// or bfloat16, bfloat16, float32.
bool has_adamw(Element value, Element gradient, Element moments);
int launch_adamw(const AdamWArrays& arrays, const cpu::AdamWStep& step, const Rounding& rounding,
                 Stream stream);

}  // namespace evergreen::kernels::cuda
