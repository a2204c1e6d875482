#include "evergreen/train/adamw.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"

namespace evergreen {
namespace {

constexpr int64_t kBlock = int64_t{1}
                           << 16;  // elements summed at a time: fixed, so that threads change no bit

template <class SumOfBlock>
double sum_of_blocks(int64_t elements, const SumOfBlock& sum_of_block) {
  std::vector<double> sums(static_cast<size_t>((elements + kBlock - 1) / kBlock));
  kernels::cpu::for_tasks(static_cast<int64_t>(sums.size()), [&](int64_t block) {
    const int64_t first = block * kBlock;
    sums[static_cast<size_t>(block)] = sum_of_block(first, std::min(kBlock, elements - first));
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

double sum_of_squares(const at::Tensor& x) {
  if (kernels::cpu::has_rows(x)) {
    const auto* data = x.const_data_ptr<float>();
    return sum_of_blocks(x.numel(), [&](int64_t first, int64_t count) {
      return kernels::cpu::sum_of_squares(data + first, count);
    });
  }
  if (x.is_cpu() && x.scalar_type() == at::kBFloat16 && x.is_contiguous()) {
    const auto* data = x.const_data_ptr<at::BFloat16>();
    return sum_of_blocks(x.numel(), [&](int64_t first, int64_t count) {
      double sum = 0;
      for (int64_t i = first; i < first + count; ++i) {
        const auto value = static_cast<double>(static_cast<float>(data[i]));
        sum += value * value;
      }
      return sum;
    });
  }
  const double norm = at::linalg_vector_norm(x, 2, {}, false, at::kDouble).item<double>();
  return norm * norm;
}

}  // namespace

AdamW::AdamW(TrainedTensors tensors, const AdamWOptions& options, const AdamWPlacement& placement)
    : tensors_(std::move(tensors)), options_(options), placement_(placement) {
  const at::NoGradGuard no_grad;
  for (const TrainedTensor& tensor : tensors_) {
    at::TensorOptions where = tensor.value.options().requires_grad(false);
    if (placement_.offload && !tensor.value.is_cpu()) where = where.device(at::kCPU).pinned_memory(true);
    moments_[tensor.name] = {at::zeros(tensor.value.sizes(), where), at::zeros(tensor.value.sizes(), where)};
  }
}

void AdamW::step(double learning_rate, double gradient_scale) {
  const at::NoGradGuard no_grad;
  ++steps_;
  const auto count = static_cast<double>(steps_);
  kernels::cpu::AdamWStep step{};
  step.rate = static_cast<float>(learning_rate / (1 - std::pow(options_.beta1, count)));
  step.one_minus_beta1 = static_cast<float>(1 - options_.beta1);
  step.beta2 = static_cast<float>(options_.beta2);
  step.one_minus_beta2 = static_cast<float>(1 - options_.beta2);
  step.eps = static_cast<float>(options_.eps);
  step.bias2_sqrt = static_cast<float>(std::sqrt(1 - std::pow(options_.beta2, count)));
  step.gradient_scale = static_cast<float>(gradient_scale);
  for (const TrainedTensor& tensor : tensors_) {
    if (!tensor.value.grad().defined()) continue;
    step.kept = static_cast<float>(1 - learning_rate * (tensor.decayed ? options_.weight_decay : 0.0));
    step_tensor(tensor, step);
  }
}

void AdamW::step_tensor(const TrainedTensor& tensor, const kernels::cpu::AdamWStep& step) {
  const Moments& moments = moments_.at(tensor.name);
  const at::Tensor& value = tensor.value;
  std::optional<RandomStream> rounding;
  if (value.scalar_type() == at::kBFloat16)
    rounding.emplace(placement_.seed, "adamw." + tensor.name, static_cast<uint64_t>(steps_));
  const auto first = static_cast<uint64_t>(tensor.first);
  const at::Tensor gradient = value.grad().contiguous();
  if (!placement_.offload) {
    kernels::adamw_step({value, gradient, moments.exp_avg, moments.exp_avg_sq}, step, rounding, first);
    return;
  }
  const at::Tensor here = on_host(value, host_value_);
  kernels::adamw_step({here, on_host(gradient, host_gradient_), moments.exp_avg, moments.exp_avg_sq}, step,
                      rounding, first);
  value.copy_(here);
}

// A copy in the buffer, which grows to the largest tensor.
at::Tensor AdamW::on_host(const at::Tensor& x, at::Tensor& buffer) const {
  if (!buffer.defined() || buffer.numel() < static_cast<int64_t>(x.nbytes())) {
    buffer = at::empty({static_cast<int64_t>(x.nbytes())},
                       at::TensorOptions(at::kByte).pinned_memory(!x.is_cpu()));
  }
  const at::Tensor copy =
      buffer.narrow(0, 0, static_cast<int64_t>(x.nbytes())).view(x.scalar_type()).view(x.sizes());
  return copy.copy_(x);
}

double gradient_norm(const TrainedTensors& tensors) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  for (const TrainedTensor& tensor : tensors) {
    if (tensor.value.grad().defined()) sum += sum_of_squares(tensor.value.grad());
  }
  return std::sqrt(sum);
}

std::string tensor_with_fault(const TrainedTensors& tensors) {
  for (const TrainedTensor& tensor : tensors) {
    if (tensor.value.grad().defined() && !std::isfinite(sum_of_squares(tensor.value.grad())))
      return tensor.name;
  }
  return {};
}

double clip_factor(double norm, double max_norm) {
  return max_norm > 0 && norm > max_norm ? max_norm / (norm + 1e-6) : 1.0;
}

}  // namespace evergreen
