// Sharing rows and tasks out among LibTorch's threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace evergreen::kernels::cpu {

// Whether the row kernels can work on these: contiguous float32 on the CPU. Undefined tensors do not count.
template <class... Tensors>
bool has_rows(const Tensors&... tensors) {
  const auto plain = [](const at::Tensor& t) {
    return !t.defined() || (t.is_cpu() && t.scalar_type() == at::kFloat && t.is_contiguous());
  };
  return (plain(tensors) && ...);
}

// Calls f(first, count) for parts of about `elements` elements each.
template <class F>
void for_rows(int64_t rows, int64_t width, const F& f, int64_t elements = 16384) {
  const int64_t grain = std::max<int64_t>(1, elements / std::max<int64_t>(1, width));
  at::parallel_for(0, rows, grain, [&](int64_t begin, int64_t end) { f(begin, end - begin); });
}

// Calls f(task) for each of the tasks; whichever thread is free takes the next. f must write what no other task writes.
template <class F>
void for_tasks(int64_t tasks, const F& f) {
  std::atomic<int64_t> next{0};
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), tasks);
  at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t thread = begin; thread < end; ++thread) {
      for (int64_t task = next++; task < tasks; task = next++) f(task);
    }
  });
}

}  // namespace evergreen::kernels::cpu
