#include "evergreen/train/speed.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>

#include "evergreen/base/usage.hpp"
#include "evergreen/kernels/gpu.hpp"
#include "evergreen/kernels/products.hpp"
#include "evergreen/model/parameter_table.hpp"

namespace evergreen {
namespace {

double seconds_of_product(const at::Tensor& a, const at::Tensor& b, at::Tensor& c) {
  const auto start = std::chrono::steady_clock::now();
  kernels::input_product(a, b, c);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double rate_of_products(int64_t n, int products, at::ScalarType type) {
  const at::Tensor a = at::ones({n, n}, type), b = at::ones({n, n}, type);
  at::Tensor c = at::empty({n, n}, type);
  double best = seconds_of_product(a, b, c);
  for (int i = 1; i < products; ++i) best = std::min(best, seconds_of_product(a, b, c));
  const auto side = static_cast<double>(n);
  return 2 * side * side * side / best;
}

struct PublishedRate {
  std::string_view words[2];  // of the name
  double flops;
};
// Data sheets of the GPUs, "BFLOAT16 Tensor Core" without sparsity. The more special name first.
constexpr PublishedRate kPublished[] = {
    {{"H100", "PCIe"}, 756e12}, {{"H100", "NVL"}, 835e12}, {{"H100", ""}, 989e12},
    {{"H200", ""}, 989e12},     {{"B200", ""}, 2250e12},   {{"L40S", ""}, 362e12},
    {{"L4", ""}, 121e12},       {{"A30", ""}, 165e12},     {{"A40", ""}, 149.7e12}};

bool has_word(std::string_view name, std::string_view word) {
  for (size_t at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || name[at - 1] == ' ') && (end == name.size() || name[end] == ' ')) return true;
  }
  return false;
}

}  // namespace

double flops_per_token(const ModelConfig& config) {
  double weights =
      static_cast<double>(config.vocab_size) * static_cast<double>(config.hidden_size);  // the head
  for (const ParameterInfo& info : parameter_table(config)) {
    if (info.name.ends_with("_proj.weight"))
      weights += static_cast<double>(info.shape[0]) * static_cast<double>(info.shape[1]);
  }
  return 6 * weights;
}

double matrix_rate(at::ScalarType type) {
  constexpr int64_t kSmall = 256, kLarge = 1024;
  constexpr double kLongest = 0.25;  // seconds of a product
  static std::mutex one_at_a_time;
  static std::map<std::pair<at::ScalarType, int>, double> known;  // a property of the machine
  const std::lock_guard lock(one_at_a_time);
  double& rate = known[{type, at::get_num_threads()}];
  if (rate > 0) return rate;
  const at::NoGradGuard no_grad;
  rate = rate_of_products(kSmall, 8, type);
  constexpr double kFlops = 2.0 * kLarge * kLarge * kLarge;
  if (kFlops / rate < kLongest) rate = std::max(rate, rate_of_products(kLarge, 4, type));
  return rate;
}

double published_flops(std::string_view gpu) {
  if (gpu.find("A100") != std::string_view::npos) return 312e12;  // "NVIDIA A100-SXM4-80GB"
  for (const PublishedRate& rate : kPublished) {
    if (has_word(gpu, rate.words[0]) && (rate.words[1].empty() || has_word(gpu, rate.words[1])))
      return rate.flops;
  }
  return 0;
}

double peak_flops(at::Device device, at::ScalarType type) {
  return device.is_cpu() ? matrix_rate(type) : published_flops(kernels::gpu_name(device.index()));
}

int64_t peak_memory_on(at::Device device) {
  if (device.is_cpu()) return peak_memory();
  return at::accelerator::getDeviceStats(device.index()).allocated_bytes[0].peak;
}

}  // namespace evergreen
