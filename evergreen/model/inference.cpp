#include "evergreen/model/inference.hpp"

#include <ATen/ATen.h>

#include "evergreen/model/cpu_decoder.hpp"

namespace evergreen {

Inference::Inference(const Decoder& decoder, const Int8Weights* int8)
    : decoder_(decoder),
      plain_(CpuDecoder::serves(decoder) ? std::make_unique<CpuDecoder>(decoder, int8) : nullptr) {}

Inference::~Inference() = default;

at::Tensor Inference::forward(const PackedBatch& batch, KvCache& cache, const std::vector<int64_t>& rows) {
  decoder_.require_batch(batch, &cache);
  if (plain_) return plain_->forward(batch, cache, rows);
  const at::Tensor hidden_ND = decoder_.forward(batch, &cache);
  return hidden_ND.index_select(0, at::tensor(rows, at::kLong).to(hidden_ND.device()));
}

at::Tensor Inference::logits(const at::Tensor& hidden_RD) {
  if (plain_) return plain_->logits(hidden_RD);
  const at::Tensor logits_RV = decoder_.logits(hidden_RD);
  return logits_RV.to(c10::promoteTypes(logits_RV.scalar_type(), at::kFloat));
}

}  // namespace evergreen
