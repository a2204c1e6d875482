#include "evergreen/kernels/stacked_linear.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "evergreen/kernels/products.hpp"

namespace evergreen::kernels {
namespace {

// Whether each begins where the one before it ends.
bool lie_together(at::TensorList weights) {
  for (size_t i = 0; i < weights.size(); ++i) {
    if (!weights[i].is_contiguous()) return false;
    if (i == 0) continue;
    const at::Tensor& before = weights[i - 1];
    if (!weights[i].is_alias_of(before) || weights[i].scalar_type() != before.scalar_type() ||
        weights[i].storage_offset() != before.storage_offset() + before.numel()) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool has_gradient(const at::Tensor& weight) { return weight.is_leaf() && weight.grad().defined(); }

at::Tensor stacked_rows(at::TensorList weights_OI) {
  const at::NoGradGuard no_grad;
  if (!lie_together(weights_OI)) return at::cat(weights_OI);
  std::vector<int64_t> shape = weights_OI[0].sizes().vec();
  for (size_t i = 1; i < weights_OI.size(); ++i) shape[0] += weights_OI[i].size(0);
  return weights_OI[0].as_strided(shape, weights_OI[0].strides());
}

at::Tensor weight_gradient(const at::Tensor& weight_OI, const at::Tensor& grad_NO, const at::Tensor& x_NI) {
  if (!weight_OI.requires_grad()) return {};
  if (!has_gradient(weight_OI)) return weight_product(grad_NO, x_NI);
  weight_product(grad_NO, x_NI, weight_OI.mutable_grad());
  return {};
}

std::vector<at::Tensor> stacked_gradients(at::TensorList weights_OI, const at::Tensor& grad_NO,
                                          const at::Tensor& x_NI) {
  const bool fresh = std::all_of(weights_OI.begin(), weights_OI.end(), [](const at::Tensor& weight) {
    return weight.requires_grad() && !has_gradient(weight);
  });
  const at::Tensor stacked = fresh ? weight_product(grad_NO, x_NI) : at::Tensor();
  std::vector<at::Tensor> gradients;
  int64_t first = 0;
  for (const at::Tensor& weight : weights_OI) {
    const int64_t rows = weight.size(0);
    gradients.push_back(fresh ? stacked.narrow(0, first, rows)
                              : weight_gradient(weight, grad_NO.narrow(1, first, rows), x_NI));
    first += rows;
  }
  return gradients;
}

at::Tensor bias_gradient(const at::Tensor& bias_O, const at::Tensor& grad_NO) {
  return bias_O.defined() && bias_O.requires_grad() ? grad_NO.sum(0) : at::Tensor();
}

}  // namespace evergreen::kernels
