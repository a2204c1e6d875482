#include "evergreen/model/loss.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/kernels/gpu.hpp"
#include "evergreen/kernels/products.hpp"

namespace evergreen {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct Pass {
  at::Tensor sum, grad_hidden, grad_head;  // gradients of weight * sum; undefined where not asked for
};

// Replaces logits by `weight` * (softmax - one-hot), or leaves them undefined where `weight` is 0; returns the sum of losses.
double cross_entropy(at::Tensor& logits_CV, const at::Tensor& targets_C, double weight, double z_loss) {
  const int64_t rows = logits_CV.size(0), width = logits_CV.size(1);
  if (kernels::cpu::has_rows(logits_CV)) {
    std::vector<double> losses(static_cast<size_t>(rows));
    auto* logits = logits_CV.data_ptr<float>();
    const auto* targets = targets_C.const_data_ptr<int64_t>();
    kernels::cpu::for_rows(rows, width, [&](int64_t first, int64_t count) {
      for (int64_t row = first; row < first + count; ++row) {
        losses[static_cast<size_t>(row)] =
            kernels::cpu::cross_entropy_row(logits + row * width, width, targets[row],
                                            static_cast<float>(weight), static_cast<float>(z_loss));
      }
    });
    return std::accumulate(losses.begin(), losses.end(), 0.0);
  }
  if (kernels::on_gpu({logits_CV})) {
    return kernels::gpu_operations()
        ->cross_entropy(logits_CV, targets_C, kIgnoredTarget, weight, z_loss)
        .sum(at::kDouble)
        .item<double>();
  }
  const at::ScalarType wide = c10::promoteTypes(logits_CV.scalar_type(), at::kFloat);
  const at::Tensor targets = targets_C.unsqueeze(1);
  const at::Tensor logits = logits_CV.to(wide);
  at::Tensor log_p = logits.log_softmax(-1);
  const double loss = -log_p.gather(1, targets).sum(at::kDouble).item<double>();
  if (weight != 0) {
    log_p.exp_();
    if (z_loss != 0) log_p.mul_(1 + 2 * z_loss * logits.logsumexp(-1, true));
    log_p.scatter_add_(1, targets, at::full({rows, 1}, -1, log_p.options()));
    logits_CV = log_p.mul_(weight).to(logits_CV.scalar_type());
  }
  return loss;
}

// Tokens that count, only: hidden states and targets of one chunk after the other.
Pass run(const at::Tensor& hidden_MD, const at::Tensor& head_VD, const at::Tensor& targets_M,
         const LossOptions& options, int64_t chunk_tokens, bool need_hidden, bool need_head) {
  const at::ScalarType wide = c10::promoteTypes(head_VD.scalar_type(), at::kFloat);
  Pass pass;
  if (need_hidden) pass.grad_hidden = at::empty_like(hidden_MD);
  double sum = 0;
  for (int64_t first = 0; first < hidden_MD.size(0); first += chunk_tokens) {
    const int64_t count = std::min(chunk_tokens, hidden_MD.size(0) - first);
    const at::Tensor hidden = hidden_MD.narrow(0, first, count);
    at::Tensor logits = kernels::linear_product(hidden, head_VD);
    sum += cross_entropy(logits, targets_M.narrow(0, first, count),
                         need_hidden || need_head ? options.weight : 0.0, options.z_loss);
    if (need_hidden) {
      kernels::input_product(logits, head_VD, pass.grad_hidden.narrow(0, first, count));
    }
    if (!need_head) continue;
    pass.grad_head = kernels::weight_product(logits.to(wide), hidden.to(wide), pass.grad_head);
  }
  if (need_head && !pass.grad_head.defined())
    pass.grad_head = at::zeros(head_VD.sizes(), head_VD.options().dtype(wide));
  pass.sum = at::full({}, sum, hidden_MD.options().dtype(at::kDouble));
  return pass;
}

struct CrossEntropy : torch::autograd::Function<CrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden_MD, const at::Tensor& head_VD,
                            const at::Tensor& targets_M, const LossOptions& options, int64_t chunk_tokens) {
    Pass pass = run(hidden_MD, head_VD, targets_M, options, chunk_tokens, hidden_MD.requires_grad(),
                    head_VD.requires_grad());
    context->saved_data["head_dtype"] = static_cast<int64_t>(head_VD.scalar_type());
    context->save_for_backward({pass.grad_hidden, pass.grad_head, head_VD});
    return pass.sum.mul_(options.weight);
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const variable_list saved = context->get_saved_variables();
    const double factor = upstream[0].item<double>();  // 1 where the loss itself is what is minimised
    const auto scaled = [&](at::Tensor grad) {
      return grad.defined() && factor != 1 ? grad.mul(factor) : grad;
    };
    at::Tensor grad_head = scaled(saved[1]);
    if (grad_head.defined()) {
      grad_head = grad_head.to(static_cast<at::ScalarType>(context->saved_data["head_dtype"].toInt()));
    }
    const at::Tensor& head = saved[2];
    if (grad_head.defined() && head.is_leaf()) {
      // Now, not when autograd has all gradients of a tied embedding: its own is then added to this one in place.
      if (head.grad().defined()) {
        head.mutable_grad().add_(grad_head);
      } else {
        head.mutable_grad() = grad_head;
      }
      grad_head.reset();
    }
    return {scaled(saved[0]), grad_head, {}, {}, {}};
  }
};

int64_t chunk_of(int64_t asked, int64_t vocabulary) {
  return asked > 0 ? asked : loss_chunk_tokens(vocabulary);
}

}  // namespace

// They are gone over five times, so they stay in the cache where that leaves rows enough to keep the matrix products busy. Of a larger
// vocabulary many at a time, so that the head is read less often.
int64_t loss_chunk_tokens(int64_t vocabulary) {
  constexpr int64_t kFewestRows = 256, kInCache = int64_t{1} << 20, kMany = int64_t{1} << 25;  // logits
  if (kInCache / vocabulary >= kFewestRows) return std::min<int64_t>(kInCache / vocabulary, 4096);
  return std::max(kMany / vocabulary, kFewestRows);
}

TokenLoss linear_cross_entropy(const at::Tensor& hidden_ND, const at::Tensor& head_VD,
                               const at::Tensor& targets_N, const LossOptions& options) {
  const at::Tensor counted = targets_N.ne(kIgnoredTarget).nonzero().squeeze(1);
  const bool all = counted.numel() == targets_N.numel();
  const at::Tensor hidden = all ? hidden_ND : hidden_ND.index_select(0, counted);
  const at::Tensor targets = all ? targets_N.contiguous() : targets_N.index_select(0, counted);
  return {
      CrossEntropy::apply(hidden, head_VD, targets, options, chunk_of(options.chunk_tokens, head_VD.size(0))),
      counted.numel()};
}

TokenScores score_tokens(const at::Tensor& hidden_ND, const at::Tensor& head_VD, const at::Tensor& targets_N,
                         int64_t chunk_tokens) {
  const at::NoGradGuard no_grad;
  chunk_tokens = chunk_of(chunk_tokens, head_VD.size(0));
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
