#include "evergreen/train/adamw.hpp"

#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {

AdamW::AdamW(Parameters& parameters, const AdamWOptions& options)
    : parameters_(parameters), options_(options) {
  for (const ParameterInfo& info : parameters.table()) {
    const at::Tensor& value = parameters.at(info.name);
    moments_[info.name] = {at::zeros_like(value), at::zeros_like(value)};
  }
}

void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  ++steps_;
  for (const bool decayed : {true, false}) {
    std::vector<at::Tensor> values, gradients, averages, squares, steps;
    for (const ParameterInfo& info : parameters_.table()) {
      const at::Tensor& value = parameters_.at(info.name);
      if (info.weight_decay != decayed || !value.grad().defined()) continue;
      values.push_back(value);
      gradients.push_back(value.grad());
      averages.push_back(moments_.at(info.name).exp_avg);
      squares.push_back(moments_.at(info.name).exp_avg_sq);
      steps.push_back(at::full({}, static_cast<double>(steps_), value.options().dtype(at::kFloat)));
    }
    if (values.empty()) continue;
    at::_fused_adamw_(values, gradients, averages, squares, /*max_exp_avg_sqs=*/{}, steps, learning_rate,
                      options_.beta1, options_.beta2, decayed ? options_.weight_decay : 0.0, options_.eps,
                      /*amsgrad=*/false,
                      /*maximize=*/false);
  }
}

double gradient_norm(const Parameters& parameters) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  for (const ParameterInfo& info : parameters.table()) {
    const at::Tensor& gradient = parameters.at(info.name).grad();
    if (!gradient.defined()) continue;
    const double norm = at::linalg_vector_norm(gradient, 2, {}, false, at::kDouble).item<double>();
    if (!std::isfinite(norm)) {
      throw Error(ErrorKind::input, fmt::format("the gradient of '{}' is not finite", info.name), {},
                  "lower the learning rate, or look for damaged text in the corpus");
    }
    sum += norm * norm;
  }
  return std::sqrt(sum);
}

void clip_gradients(const Parameters& parameters, double norm, double max_norm) {
  if (max_norm <= 0 || norm <= max_norm) return;
  const at::NoGradGuard no_grad;
  for (const ParameterInfo& info : parameters.table()) {
    const at::Tensor& gradient = parameters.at(info.name).grad();
    if (gradient.defined()) gradient.mul_(max_norm / (norm + 1e-6));
  }
}

}  // namespace evergreen
