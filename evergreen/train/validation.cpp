#include "evergreen/train/validation.hpp"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>

#include "evergreen/data/packing.hpp"
#include "evergreen/model/loss.hpp"
#include "evergreen/train/step_batch.hpp"

namespace evergreen {
namespace {

struct Documents {
  int64_t first = 0, last = 0;  // [first, last)
};

// Whole documents, about a row of tokens at a time.
std::vector<Documents> passes_over(const TokenStore& store, int64_t row_tokens, int64_t max_tokens) {
  std::vector<Documents> passes;
  int64_t seen = 0, document = 0;
  while (document < store.documents() && (seen < max_tokens || max_tokens <= 0)) {
    Documents pass{document, document};
    int64_t tokens = 0;
    for (; document < store.documents() && tokens < row_tokens; pass.last = ++document) {
      const int64_t length = std::min(row_tokens, store.length(document));
      tokens += length, seen += length;
    }
    if (tokens > 0) passes.push_back(pass);
  }
  return passes;
}

struct LossSum {
  double sum = 0;
  int64_t targets = 0;
};

LossSum loss_of(const Decoder& decoder, const TokenStore& store, const Documents& pass, int64_t row_tokens) {
  const at::NoGradGuard no_grad;
  PackedTokens packed;
  for (int64_t document = pass.first; document < pass.last; ++document)
    append_document(store, document, row_tokens, packed);
  const at::Tensor& head = decoder.parameters().head();
  const MicroBatch micro = to_device(packed, head.device());
  const TokenLoss loss = linear_cross_entropy(decoder.forward(micro.batch), head, micro.targets_N);
  return {loss.sum.item<double>(), loss.tokens};
}

double mean(double sum, double targets) { return targets > 0 ? sum / targets : 0.0; }

}  // namespace

double mean_loss(const Decoder& decoder, const TokenStore& store, int64_t row_tokens, int64_t max_tokens) {
  LossSum all;
  for (const Documents& pass : passes_over(store, row_tokens, max_tokens)) {
    const LossSum loss = loss_of(decoder, store, pass, row_tokens);
    all.sum += loss.sum, all.targets += loss.targets;
  }
  return mean(all.sum, static_cast<double>(all.targets));
}

double mean_loss(const Decoder& decoder, const TokenStore& store, int64_t row_tokens, int64_t max_tokens,
                 ProcessGroups& groups, ParallelTraining& parallel) {
  const std::vector<Documents> passes = passes_over(store, row_tokens, max_tokens);
  const size_t ranks = static_cast<size_t>(groups.size()), rank = static_cast<size_t>(groups.rank());
  std::vector<double> all = {0, 0};
  for (size_t round = 0; round < passes.size(); round += ranks) {
    const bool counts = round + rank < passes.size();
    if (!counts && parallel.holds_whole_weights()) break;
    // Where weights are gathered for each pass, all ranks make as many: one that has nothing left repeats the last for the others.
    parallel.begin_pass(false);
    const LossSum loss =
        loss_of(decoder, store, passes[std::min(round + rank, passes.size() - 1)], row_tokens);
    parallel.end_pass();
    if (counts) all[0] += loss.sum, all[1] += static_cast<double>(loss.targets);
  }
  all = groups.world().sum(all);
  return mean(all[0], all[1]);
}

}  // namespace evergreen
