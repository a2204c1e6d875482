#include "evergreen/generate/score_rows.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/model/inference.hpp"

namespace evergreen {
namespace {

// Rows whose logits are made at a time: about 8 MiB on a CPU, where they are to stay in the cache.
int64_t chunk_rows(const at::Tensor& head_VD) {
  const int64_t elements = head_VD.is_cpu() ? 1 << 21 : 1 << 25;
  return std::clamp<int64_t>(elements / head_VD.size(0), 16, 4096);
}

using Targets = std::vector<RowTarget>::const_iterator;

void score_on_cpu(const at::Tensor& logits_RV, int64_t first_row, Targets targets, TargetScore* scores,
                  int64_t count) {
  const int64_t vocabulary = logits_RV.size(1);
  auto* logits = logits_RV.data_ptr<float>();
  // A task is a row: its targets follow each other.
  std::vector<int64_t> begins;
  for (int64_t t = 0; t < count; ++t) {
    if (t == 0 || targets[t].row != targets[t - 1].row) begins.push_back(t);
  }
  begins.push_back(count);
  kernels::cpu::for_tasks(static_cast<int64_t>(begins.size()) - 1, [&](int64_t task) {
    const int64_t begin = begins[static_cast<size_t>(task)], end = begins[static_cast<size_t>(task) + 1];
    float* row = logits + (targets[begin].row - first_row) * vocabulary;
    const int64_t greedy = kernels::cpu::row_maximum(row, vocabulary).index;
    std::vector<float> at_target;
    for (int64_t t = begin; t < end; ++t) at_target.push_back(row[targets[t].token]);
    const double log_sum = kernels::cpu::cross_entropy_row(row, vocabulary, targets[begin].token, 0, 0) +
                           static_cast<double>(at_target[0]);
    for (int64_t t = begin; t < end; ++t)
      scores[t] = {static_cast<double>(at_target[static_cast<size_t>(t - begin)]) - log_sum,
                   targets[t].token == greedy};
  });
}

void score_by_tensors(const at::Tensor& logits_RV, int64_t first_row, Targets targets, TargetScore* scores,
                      int64_t count) {
  std::vector<int64_t> rows, tokens;
  for (int64_t t = 0; t < count; ++t)
    rows.push_back(targets[t].row - first_row), tokens.push_back(targets[t].token);
  const at::Tensor rows_T = at::tensor(rows, at::kLong).to(logits_RV.device());
  const at::Tensor tokens_T = at::tensor(tokens, at::kLong).to(logits_RV.device());
  const at::Tensor log_p = logits_RV.log_softmax(-1).index({rows_T, tokens_T}).to(at::kDouble).cpu();
  const at::Tensor greedy = logits_RV.argmax(-1).index_select(0, rows_T).eq(tokens_T).cpu();
  for (int64_t t = 0; t < count; ++t)
    scores[t] = {log_p.const_data_ptr<double>()[t], greedy.const_data_ptr<bool>()[t]};
}

}  // namespace

std::vector<TargetScore> score_rows(Inference& inference, const at::Tensor& hidden_RD,
                                    const std::vector<RowTarget>& targets) {
  std::vector<TargetScore> scores(targets.size());
  const int64_t chunk = chunk_rows(inference.decoder().parameters().head()), rows = hidden_RD.size(0);
  auto next = targets.begin();
  for (int64_t first = 0; first < rows; first += chunk) {
    const int64_t count = std::min(chunk, rows - first);
    const auto last =
        std::find_if(next, targets.end(), [&](const RowTarget& t) { return t.row >= first + count; });
    const at::Tensor logits_RV = inference.logits(hidden_RD.narrow(0, first, count));
    const bool plain = kernels::cpu::has_rows(logits_RV);
    (plain ? score_on_cpu : score_by_tensors)(logits_RV, first, next,
                                              scores.data() + (next - targets.begin()), last - next);
    next = last;
  }
  return scores;
}

}  // namespace evergreen
