#include "evergreen/train/adamw.hpp"

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"

namespace evergreen {
namespace {

constexpr int64_t kBlock = int64_t{1}
                           << 16;  // elements summed at a time: fixed, so that threads change no bit

double sum_of_squares(const at::Tensor& x) {
  if (!kernels::cpu::has_rows(x)) {
    const double norm = at::linalg_vector_norm(x, 2, {}, false, at::kDouble).item<double>();
    return norm * norm;
  }
  std::vector<double> sums(static_cast<size_t>((x.numel() + kBlock - 1) / kBlock));
  const auto* data = x.const_data_ptr<float>();
  kernels::cpu::for_tasks(static_cast<int64_t>(sums.size()), [&](int64_t block) {
    const int64_t first = block * kBlock;
    sums[static_cast<size_t>(block)] =
        kernels::cpu::sum_of_squares(data + first, std::min(kBlock, x.numel() - first));
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

AdamW::AdamW(TrainedTensors tensors, const AdamWOptions& options)
    : tensors_(std::move(tensors)), options_(options) {
  const at::NoGradGuard no_grad;
  for (const TrainedTensor& tensor : tensors_) {
    moments_[tensor.name] = {at::zeros_like(tensor.value), at::zeros_like(tensor.value)};
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
  bool others = false;
  for (const TrainedTensor& tensor : tensors_) {
    const at::Tensor& value = tensor.value;
    if (!value.grad().defined()) continue;
    if (!kernels::cpu::has_rows(value)) {
      others = true;
      continue;
    }
    const at::Tensor gradient = value.grad().contiguous();
    const Moments& moments = moments_.at(tensor.name);
    step.kept = static_cast<float>(1 - learning_rate * (tensor.decayed ? options_.weight_decay : 0.0));
    auto* x = value.data_ptr<float>();
    const auto* g = gradient.const_data_ptr<float>();
    auto *m = moments.exp_avg.data_ptr<float>(), *v = moments.exp_avg_sq.data_ptr<float>();
    kernels::cpu::for_rows(value.numel(), 1, [&](int64_t first, int64_t part) {
      kernels::cpu::adamw_rows(x + first, g + first, m + first, v + first, part, step);
    });
  }
  if (others) {
    step_fused(true, learning_rate, gradient_scale);
    step_fused(false, learning_rate, gradient_scale);
  }
}

void AdamW::step_fused(bool decayed, double learning_rate, double gradient_scale) {
  std::vector<at::Tensor> values, gradients, averages, squares, steps;
  for (const TrainedTensor& tensor : tensors_) {
    const at::Tensor& value = tensor.value;
    if (tensor.decayed != decayed || !value.grad().defined() || kernels::cpu::has_rows(value)) continue;
    if (gradient_scale != 1) value.mutable_grad().mul_(gradient_scale);
    values.push_back(value);
    gradients.push_back(value.grad());
    averages.push_back(moments_.at(tensor.name).exp_avg);
    squares.push_back(moments_.at(tensor.name).exp_avg_sq);
    steps.push_back(at::full({}, static_cast<double>(steps_), value.options().dtype(at::kFloat)));
  }
  if (values.empty()) return;
  at::_fused_adamw_(values, gradients, averages, squares, /*max_exp_avg_sqs=*/{}, steps, learning_rate,
                    options_.beta1, options_.beta2, decayed ? options_.weight_decay : 0.0, options_.eps,
                    /*amsgrad=*/false, /*maximize=*/false);
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
