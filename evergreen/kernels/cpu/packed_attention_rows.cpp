#include "evergreen/kernels/cpu/packed_attention_rows.hpp"

#include <cmath>

#include "evergreen/kernels/cpu/matrix_product.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"

namespace evergreen::kernels::cpu {
namespace {

constexpr int64_t kBlock =
    64;  // queries at a time: their scores stay in the second-level cache up to some 4,000 keys

// A matrix inside a tensor: `stride` elements from row to row.
struct Rows {
  float* data;
  int64_t stride;
};

enum class Form { plain, transposed };

// c[m, n] = a b, added to what is there where `add`; row by row in memory; b is [k, n], or [n, k] where transposed; a is [m, k], or [k, m].
void multiply(int64_t m, int64_t n, int64_t k, Rows a, Form form_a, Rows b, Form form_b, bool add, Rows c) {
  matrix_product_part({.rows = m,
                       .columns = n,
                       .inner = k,
                       .a = {a.data, a.stride, form_a == Form::transposed},
                       .b = {b.data, b.stride, form_b == Form::transposed},
                       .c = c.data,
                       .c_stride = c.stride,
                       .base = add ? c.data : nullptr,
                       .base_stride = c.stride},
                      {0, m, 0, n});
}

struct Task {
  int64_t first, length, head, block;  // tokens of the sequence; for a backward task `head` is the KV head
};

// The longest first, so that no thread is left with a long one at the end.
std::vector<Task> tasks_of(const std::vector<int64_t>& cu_seqlens, int64_t heads, bool blocks) {
  std::vector<Task> tasks;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t first = cu_seqlens[s], length = cu_seqlens[s + 1] - first;
    for (int64_t block = 0; block < length; block += blocks ? kBlock : std::max<int64_t>(1, length)) {
      for (int64_t head = 0; head < heads; ++head) tasks.push_back({first, length, head, block});
    }
  }
  std::stable_sort(tasks.begin(), tasks.end(), [blocks](const Task& a, const Task& b) {
    return blocks ? a.block > b.block : a.length > b.length;
  });
  return tasks;
}

struct Shape {
  int64_t tokens, heads, kv_heads, width;
  float scale;
  explicit Shape(const at::Tensor& q_NHE, const at::Tensor& k_NKE)
      : tokens(q_NHE.size(0)),
        heads(q_NHE.size(1)),
        kv_heads(k_NKE.size(1)),
        width(q_NHE.size(2)),
        scale(static_cast<float>(1.0 / std::sqrt(static_cast<double>(q_NHE.size(2))))) {}
  int64_t group() const { return heads / kv_heads; }
};

Rows rows(const at::Tensor& x_NHE, int64_t token, int64_t head) {
  const int64_t stride = x_NHE.stride(0);
  return {const_cast<float*>(x_NHE.const_data_ptr<float>()) + token * stride + head * x_NHE.size(2), stride};
}

std::vector<float>& scratch(size_t which) {
  thread_local std::vector<float> buffers[2];
  return buffers[which];
}

Rows scores_buffer(size_t which, int64_t columns) {
  std::vector<float>& buffer = scratch(which);
  if (buffer.size() < static_cast<size_t>(kBlock * columns))
    buffer.resize(static_cast<size_t>(kBlock * columns));
  return {buffer.data(), columns};
}

}  // namespace

AttentionOutput attention_forward(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                                  const std::vector<int64_t>& cu_seqlens) {
  const Shape shape(q_NHE, k_NKE);
  AttentionOutput out{at::empty_like(q_NHE), at::empty({shape.heads, shape.tokens}, q_NHE.options())};
  auto* log_sum = out.log_sum_HN.data_ptr<float>();
  const std::vector<Task> tasks = tasks_of(cu_seqlens, shape.heads, true);
  for_tasks(static_cast<int64_t>(tasks.size()), [&](int64_t number) {
    const Task& task = tasks[static_cast<size_t>(number)];
    const int64_t queries = std::min(kBlock, task.length - task.block), keys = task.block + queries;
    const int64_t query = task.first + task.block, kv_head = task.head / shape.group();
    const Rows scores = scores_buffer(0, keys);
    multiply(queries, keys, shape.width, rows(q_NHE, query, task.head), Form::plain,
             rows(k_NKE, task.first, kv_head), Form::transposed, false, scores);
    causal_softmax_rows(scores.data, shape.scale, queries, keys, keys, task.block + 1,
                        log_sum + task.head * shape.tokens + query);
    multiply(queries, shape.width, keys, scores, Form::plain, rows(v_NKE, task.first, kv_head), Form::plain,
             false, rows(out.out_NHE, query, task.head));
  });
  return out;
}

void attention_backward(const at::Tensor& grad_NHE, const at::Tensor& q_NHE, const at::Tensor& k_NKE,
                        const at::Tensor& v_NKE, const AttentionOutput& output,
                        const std::vector<int64_t>& cu_seqlens, const AttentionGradients& grads) {
  const Shape shape(q_NHE, k_NKE);
  const auto* log_sum = output.log_sum_HN.const_data_ptr<float>();
  const std::vector<Task> tasks = tasks_of(cu_seqlens, shape.kv_heads, false);
  for_tasks(static_cast<int64_t>(tasks.size()), [&](int64_t number) {
    const Task& task = tasks[static_cast<size_t>(number)];
    const Rows k = rows(k_NKE, task.first, task.head), v = rows(v_NKE, task.first, task.head);
    const Rows grad_k = rows(grads.k_NKE, task.first, task.head),
               grad_v = rows(grads.v_NKE, task.first, task.head);
    for (int64_t head = task.head * shape.group(); head < (task.head + 1) * shape.group(); ++head) {
      for (int64_t block = 0; block < task.length; block += kBlock) {
        const int64_t queries = std::min(kBlock, task.length - block), keys = block + queries;
        const int64_t query = task.first + block;
        const Rows q = rows(q_NHE, query, head), grad = rows(grad_NHE, query, head);
        const Rows p = scores_buffer(0, keys), grad_p = scores_buffer(1, keys);
        float delta[kBlock];
        dot_rows(grad.data, rows(output.out_NHE, query, head).data, queries, shape.width, grad.stride, delta);
        multiply(queries, keys, shape.width, q, Form::plain, k, Form::transposed, false, p);
        causal_softmax_rows_again(p.data, shape.scale, queries, keys, keys, block + 1,
                                  log_sum + head * shape.tokens + query);
        multiply(keys, shape.width, queries, p, Form::transposed, grad, Form::plain, true, grad_v);
        multiply(queries, keys, shape.width, grad, Form::plain, v, Form::transposed, false, grad_p);
        causal_softmax_rows_backward(p.data, grad_p.data, shape.scale, queries, keys, keys, block + 1, delta);
        multiply(queries, shape.width, keys, grad_p, Form::plain, k, Form::plain, false,
                 rows(grads.q_NHE, query, head));
        multiply(keys, shape.width, queries, grad_p, Form::transposed, q, Form::plain, true, grad_k);
      }
    }
  });
}

}  // namespace evergreen::kernels::cpu
