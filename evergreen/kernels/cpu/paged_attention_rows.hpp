// Causal grouped-query attention of new tokens against a paged cache, float32 on the CPU: softmax(q k^T / sqrt(E)) v, query head h
// reads KV head h / (H / K).
//
// Keys and values of a sequence lie in pages of `page_tokens` tokens, anywhere; they hold the new tokens already.
//
// Numbers   every sum over keys goes from the first to the last, so a query's result does not depend, to the last bit, on pages,
//           on the queries beside it or on threads.
#pragma once

#include <cstdint>
#include <vector>

namespace evergreen::kernels::cpu {

struct PagedKeys {
  const float* keys_PTKE;  // of one layer: pages, tokens of a page, KV heads, width
  const float* values_PTKE;
  int64_t page_tokens, kv_heads, width;
};

// Rows [first, first + count) of the queries are the tokens past, past + 1, ... of a sequence with these pages.
struct PagedQueries {
  int64_t first, count, past;
  const int32_t* pages;
};

// q: rows `q_stride` apart, H x E each, already rotated. out: [rows, H E].
void paged_attention(const PagedKeys& cache, const std::vector<PagedQueries>& sequences, const float* q,
                     int64_t q_stride, int64_t heads, float* out);

}  // namespace evergreen::kernels::cpu
