#include "evergreen/train/step_batch.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "evergreen/model/loss.hpp"
#include "evergreen/train/train.hpp"

namespace evergreen {

MicroBatch to_device(const PackedTokens& packed, at::Device device) {
  return {make_packed_batch(packed.tokens, packed.cu_seqlens, device),
          at::tensor(packed.targets, at::kLong).to(device)};
}

StepBatch step_batch(Packer& packer, const TrainOptions& options, int64_t step) {
  StepBatch batch;
  const int64_t rows = options.packing.rows;
  const int64_t part = options.micro_rows > 0 ? std::min(options.micro_rows, rows) : rows;
  for (int64_t row = 0; row < rows; row += part) {
    batch.parts.push_back(packer.rows(step, row, std::min(part, rows - row)));
    batch.tokens += static_cast<int64_t>(batch.parts.back().tokens.size());
    batch.targets += batch.parts.back().target_count;
  }
  return batch;
}

double mean_loss(const Decoder& decoder, const TokenStore& store, int64_t row_tokens, int64_t max_tokens) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  int64_t targets = 0, seen = 0, document = 0;
  while (document < store.documents() && (seen < max_tokens || max_tokens <= 0)) {
    PackedTokens packed;  // whole documents, about a row of tokens at a time
    while (document < store.documents() && static_cast<int64_t>(packed.tokens.size()) < row_tokens) {
      append_document(store, document++, row_tokens, packed);
    }
    seen += static_cast<int64_t>(packed.tokens.size());
    if (packed.target_count == 0) continue;
    const MicroBatch micro = to_device(packed, decoder.parameters().head().device());
    const TokenLoss loss =
        linear_cross_entropy(decoder.forward(micro.batch), decoder.parameters().head(), micro.targets_N);
    sum += loss.sum.item<double>();
    targets += loss.tokens;
  }
  return targets > 0 ? sum / static_cast<double>(targets) : 0.0;
}

}  // namespace evergreen
