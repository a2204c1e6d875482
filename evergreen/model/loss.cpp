#include "evergreen/model/loss.hpp"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace evergreen {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct Pass {
  at::Tensor sum, grad_hidden, grad_head;  // gradients of the sum; undefined where not asked for
};

// Tokens that count, only: hidden states and targets of one chunk after the other.
Pass run(const at::Tensor& hidden_MD, const at::Tensor& head_VD, const at::Tensor& targets_M,
         int64_t chunk_tokens, bool need_hidden, bool need_head) {
  const at::ScalarType wide = c10::promoteTypes(head_VD.scalar_type(), at::kFloat);
  Pass pass{at::zeros({}, hidden_MD.options().dtype(at::kDouble)), {}, {}};
  if (need_hidden) pass.grad_hidden = at::empty_like(hidden_MD);
  if (need_head) pass.grad_head = at::zeros(head_VD.sizes(), head_VD.options().dtype(wide));
  for (int64_t first = 0; first < hidden_MD.size(0); first += chunk_tokens) {
    const int64_t count = std::min(chunk_tokens, hidden_MD.size(0) - first);
    const at::Tensor hidden = hidden_MD.narrow(0, first, count);
    const at::Tensor targets = targets_M.narrow(0, first, count).unsqueeze(1);
    at::Tensor log_p = at::linear(hidden, head_VD).to(wide).log_softmax(-1);
    pass.sum.sub_(log_p.gather(1, targets).sum(at::kDouble));
    if (!need_hidden && !need_head) continue;
    at::Tensor grad = log_p.exp_();  // softmax - one-hot
    grad.scatter_add_(1, targets, at::full({count, 1}, -1, grad.options()));
    if (need_hidden)
      pass.grad_hidden.narrow(0, first, count).copy_(at::mm(grad.to(head_VD.scalar_type()), head_VD));
    if (need_head) pass.grad_head.addmm_(grad.t(), hidden.to(wide));
  }
  return pass;
}

struct CrossEntropy : torch::autograd::Function<CrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden_MD, const at::Tensor& head_VD,
                            const at::Tensor& targets_M, int64_t chunk_tokens) {
    Pass pass =
        run(hidden_MD, head_VD, targets_M, chunk_tokens, hidden_MD.requires_grad(), head_VD.requires_grad());
    context->saved_data["head_dtype"] = static_cast<int64_t>(head_VD.scalar_type());
    context->save_for_backward({pass.grad_hidden, pass.grad_head});
    return pass.sum;
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const auto scaled = [&](const at::Tensor& grad) {
      return grad.defined() ? grad * upstream[0].to(grad.scalar_type()) : grad;
    };
    at::Tensor grad_head = scaled(saved[1]);
    if (grad_head.defined()) {
      grad_head = grad_head.to(static_cast<at::ScalarType>(context->saved_data["head_dtype"].toInt()));
    }
    return {scaled(saved[0]), grad_head, {}, {}};
  }
};

}  // namespace

TokenLoss linear_cross_entropy(const at::Tensor& hidden_ND, const at::Tensor& head_VD,
                               const at::Tensor& targets_N, int64_t chunk_tokens) {
  const at::Tensor counted = targets_N.ne(kIgnoredTarget).nonzero().squeeze(1);
  const bool all = counted.numel() == targets_N.numel();
  const at::Tensor hidden = all ? hidden_ND : hidden_ND.index_select(0, counted);
  const at::Tensor targets = all ? targets_N : targets_N.index_select(0, counted);
  return {CrossEntropy::apply(hidden, head_VD, targets, chunk_tokens), counted.numel()};
}

TokenScores score_tokens(const at::Tensor& hidden_ND, const at::Tensor& head_VD, const at::Tensor& targets_N,
                         int64_t chunk_tokens) {
  const at::NoGradGuard no_grad;
  const at::ScalarType wide = c10::promoteTypes(head_VD.scalar_type(), at::kFloat);
  const at::Tensor counted = targets_N.ne(kIgnoredTarget);
  const at::Tensor targets = targets_N.masked_fill(counted.logical_not(), 0);
  TokenScores scores{at::empty(targets_N.sizes(), hidden_ND.options().dtype(at::kFloat)),
                     at::empty_like(counted)};
  for (int64_t first = 0; first < hidden_ND.size(0); first += chunk_tokens) {
    const int64_t count = std::min(chunk_tokens, hidden_ND.size(0) - first);
    const at::Tensor target = targets.narrow(0, first, count).unsqueeze(1);
    const at::Tensor log_p = at::linear(hidden_ND.narrow(0, first, count), head_VD).to(wide).log_softmax(-1);
    scores.log_probability_N.narrow(0, first, count).copy_(log_p.gather(1, target).squeeze(1));
    scores.greedy_N.narrow(0, first, count).copy_(log_p.argmax(-1).eq(target.squeeze(1)));
  }
  scores.log_probability_N.masked_fill_(counted.logical_not(), 0);
  scores.greedy_N.logical_and_(counted);
  return scores;
}

}  // namespace evergreen
