#include "evergreen/kernels/cpu/paged_attention_rows.hpp"

#include <algorithm>
#include <cmath>

#include <hwy/cache_control.h>

#include "evergreen/kernels/cpu/linear_rows.hpp"
#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"

namespace evergreen::kernels::cpu {
namespace {

constexpr int64_t kBlock = 32;  // queries of a task

struct Task {
  const PagedQueries* sequence;
  int64_t first, count;  // queries of the sequence
  int64_t kv_head;
};

std::vector<Task> tasks_of(const std::vector<PagedQueries>& sequences, int64_t kv_heads) {
  std::vector<Task> tasks;
  for (const PagedQueries& s : sequences) {
    for (int64_t first = 0; first < s.count; first += kBlock) {
      for (int64_t head = 0; head < kv_heads; ++head)
        tasks.push_back({&s, first, std::min(kBlock, s.count - first), head});
    }
  }
  return tasks;
}

// Rows of a matrix: the tokens of one query head, or the query heads of one token that read the same KV head.
struct Queries {
  const float* q;
  float* out;
  int64_t rows, q_stride, out_stride;
};

class TaskRun {
 public:
  TaskRun(const PagedKeys& cache, const Task& task)
      : cache_(cache),
        pages_(task.sequence->pages),
        visible_(task.sequence->past + task.first + 1),
        keys_(visible_ + task.count - 1),
        head_(task.kv_head * cache.width),
        token_stride_(cache.kv_heads * cache.width) {}

  // Row r sees visible_ + r keys where `causal`, else all rows see as many.
  void attend(const Queries& q, bool causal) const {
    thread_local std::vector<float> scores, log_sum;
    scores.resize(static_cast<size_t>(q.rows * keys_));
    log_sum.resize(static_cast<size_t>(q.rows));
    for_pages([&](int64_t key, int64_t count, int64_t offset) {
      if (!causal) fetch(cache_.values_PTKE + offset, count);
      linear_columns({.x = q.q,
                      .x_stride = q.q_stride,
                      .rows = q.rows,
                      .inner = cache_.width,
                      .weight = cache_.keys_PTKE + offset,
                      .weight_stride = token_stride_,
                      .bias = nullptr,
                      .y = scores.data() + key,
                      .y_stride = keys_},
                     0, count);
    });
    const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(cache_.width)));
    if (causal) {
      causal_softmax_rows(scores.data(), scale, q.rows, keys_, keys_, visible_, log_sum.data());
    } else {
      for (int64_t r = 0; r < q.rows; ++r)
        causal_softmax_rows(scores.data() + r * keys_, scale, 1, keys_, keys_, keys_, log_sum.data());
    }
    for (int64_t r = 0; r < q.rows; ++r) std::fill_n(q.out + r * q.out_stride, cache_.width, 0.0F);
    const bool last_head = head_ + cache_.width == token_stride_;
    for_pages([&](int64_t key, int64_t count, int64_t offset) {
      if (!causal && !last_head) fetch(cache_.keys_PTKE + offset + cache_.width, count);
      weighted_rows(scores.data() + key, keys_, q.rows, cache_.values_PTKE + offset, token_stride_, count,
                    cache_.width, q.out, q.out_stride);
    });
  }

 private:
  // What one token reads next, the values and then the keys of the next head: a page is too short for the processor to foresee it.
  void fetch(const float* from, int64_t tokens) const {
    constexpr int64_t kLine = 64 / sizeof(float);
    for (int64_t t = 0; t < tokens; ++t, from += token_stride_) {
      for (int64_t e = 0; e < cache_.width; e += kLine) hwy::Prefetch(from + e);
    }
  }

  template <class F>
  void for_pages(const F& f) const {
    for (int64_t key = 0; key < keys_; key += cache_.page_tokens) {
      const int64_t page = pages_[key / cache_.page_tokens];
      f(key, std::min(cache_.page_tokens, keys_ - key), page * cache_.page_tokens * token_stride_ + head_);
    }
  }

  const PagedKeys& cache_;
  const int32_t* pages_;
  int64_t visible_, keys_, head_, token_stride_;
};

}  // namespace

void paged_attention(const PagedKeys& cache, const std::vector<PagedQueries>& sequences, const float* q,
                     int64_t q_stride, int64_t heads, float* out) {
  const int64_t group = heads / cache.kv_heads, width = cache.width, out_stride = heads * width;
  const std::vector<Task> tasks = tasks_of(sequences, cache.kv_heads);
  for_tasks(static_cast<int64_t>(tasks.size()), [&](int64_t number) {
    const Task& task = tasks[static_cast<size_t>(number)];
    const TaskRun run(cache, task);
    const int64_t row = task.sequence->first + task.first, head = task.kv_head * group * width;
    const float* from = q + row * q_stride + head;
    float* to = out + row * out_stride + head;
    if (task.count == 1) return run.attend({from, to, group, width, width}, false);
    for (int64_t g = 0; g < group; ++g)
      run.attend({from + g * width, to + g * width, task.count, q_stride, out_stride}, true);
  });
}

}  // namespace evergreen::kernels::cpu
