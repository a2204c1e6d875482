// The three products of linear layers beside those of LibTorch's BLAS, on one thread or more: GFLOP/s, the best of many.
//
//   matrix_product_bench [--threads N] [--target AVX2]     (a name of an instruction set, to see what others would get)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <hwy/targets.h>

#include "evergreen/kernels/products.hpp"

namespace {

struct Shape {
  int64_t tokens, inputs, outputs;
};
// Square; the layers of train_bench's shapes 1m and 40m; their heads.
constexpr Shape kShapes[] = {{1024, 1024, 1024}, {4096, 128, 128},  {4096, 128, 384},  {4096, 128, 768},
                             {4096, 384, 128},   {512, 128, 2048},  {2048, 512, 1024}, {2048, 512, 2816},
                             {2048, 1408, 512},  {1048, 512, 32000}};

double rate(const Shape& shape, const std::function<void()>& product) {
  const double flops = 2.0 * static_cast<double>(shape.tokens * shape.inputs * shape.outputs);
  double best = 0;
  for (int64_t i = 0; i <= std::clamp<int64_t>(static_cast<int64_t>(4e9 / flops), 3, 30); ++i) {
    const auto start = std::chrono::steady_clock::now();
    product();
    best = std::max(best,
                    flops / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best / 1e9;
}

template <class... Values>
void say(fmt::format_string<Values...> text, Values&&... values) {
  std::fputs(fmt::format(text, std::forward<Values>(values)...).c_str(), stdout);
  std::fflush(stdout);
}

void measure(const Shape& shape) {
  using evergreen::kernels::input_product, evergreen::kernels::linear_product,
      evergreen::kernels::weight_product;
  const at::Tensor x = at::rand({shape.tokens, shape.inputs}), w = at::rand({shape.outputs, shape.inputs}),
                   grad = at::rand({shape.tokens, shape.outputs});
  at::Tensor of_x = at::empty_like(x), of_w = at::empty_like(w), y = at::empty_like(grad);
  const double rates[] = {rate(shape, [&] { linear_product(x, w); }),
                          rate(shape, [&] { at::mm_out(y, x, w.t()); }),
                          rate(shape, [&] { input_product(grad, w, of_x); }),
                          rate(shape, [&] { at::mm_out(of_x, grad, w); }),
                          rate(shape, [&] { of_w = weight_product(grad, x); }),
                          rate(shape, [&] { at::mm_out(of_w, grad.t(), x); })};
  say("{:5} tokens, {:4} -> {:5}   y {:4.0f} / {:4.0f}   grad x {:4.0f} / {:4.0f}   grad W {:4.0f} / "
      "{:4.0f}\n",
      shape.tokens, shape.inputs, shape.outputs, rates[0], rates[1], rates[2], rates[3], rates[4], rates[5]);
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 1;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    bool known = flag == "--threads" && !value.empty();
    if (known) threads = std::max(1, std::atoi(value.c_str()));
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      if (flag != "--target" || value != hwy::TargetName(target)) continue;
      hwy::SetSupportedTargetsForTest(target);
      known = true;
    }
    if (known) continue;
    std::fputs(fmt::format("error: {} {}: --threads N, or --target and an instruction set of this machine\n",
                           flag, value)
                   .c_str(),
               stderr);
    return 2;
  }
  at::set_num_threads(threads);
  say("{} threads, GFLOP/s, evergreen / LibTorch\n", threads);
  for (const Shape& shape : kShapes) measure(shape);
}
