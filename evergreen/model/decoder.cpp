#include "evergreen/model/decoder.hpp"

#include <utility>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/kernels/embedding.hpp"
#include "evergreen/kernels/norm_qkv.hpp"
#include "evergreen/kernels/paged_attention.hpp"
#include "evergreen/kernels/recompute.hpp"
#include "evergreen/kernels/rms_norm.hpp"
#include "evergreen/kernels/rope.hpp"
#include "evergreen/kernels/rotary_attention.hpp"

namespace evergreen {
namespace {

kernels::PagedSequences sequences_of(const KvCache& cache, const PackedBatch& batch) {
  kernels::PagedSequences sequences{batch.cu_seqlens, {}, {}};
  for (size_t s = 0; s < batch.slots.size(); ++s) {
    const int64_t slot = batch.slots[s], past = cache.length(slot);
    cache.require_room(slot, past, batch.cu_seqlens[s + 1] - batch.cu_seqlens[s]);
    sequences.past.push_back(past);
    sequences.pages.push_back(cache.pages(slot));
  }
  return sequences;
}

// Appends the new keys and values, then attends to past and new together.
at::Tensor attend_with_cache(KvCache& cache, int64_t layer, const PackedBatch& batch,
                             const kernels::QkvParts& parts, const RotaryAngles& angles) {
  const at::Tensor q_NHE = kernels::rope(parts.q_NHE, angles.cos_NF, angles.sin_NF);
  const at::Tensor k_NKE = kernels::rope(parts.k_NKE, angles.cos_NF, angles.sin_NF);
  const kernels::PagedSequences sequences = sequences_of(cache, batch);
  const at::Tensor places_N = kernels::places_of_new_tokens(sequences, KvCache::kPageTokens, q_NHE.device());
  cache.layer_keys(layer).flatten(0, 1).index_copy_(0, places_N, k_NKE);
  cache.layer_values(layer).flatten(0, 1).index_copy_(0, places_N, parts.v_NKE);
  cache.copy_begun_pages(layer, batch.slots);
  return kernels::paged_attention(q_NHE, cache.layer_keys(layer), cache.layer_values(layer), sequences)
      .flatten(1);
}

}  // namespace

PackedBatch make_packed_batch(const std::vector<int64_t>& tokens, const std::vector<int64_t>& cu_seqlens,
                              at::Device device, const std::vector<int64_t>& past) {
  std::vector<int64_t> positions;
  positions.reserve(tokens.size());
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t start = past.empty() ? 0 : past.at(s);
    for (int64_t i = 0; i < cu_seqlens[s + 1] - cu_seqlens[s]; ++i) positions.push_back(start + i);
  }
  return {
      at::tensor(tokens, at::kLong).to(device), at::tensor(positions, at::kLong).to(device), cu_seqlens, {}};
}

void Decoder::require_batch(const PackedBatch& batch, const KvCache* cache) {
  const int64_t tokens = batch.tokens_N.numel();
  const std::vector<int64_t>& cu = batch.cu_seqlens;
  const bool ordered = std::is_sorted(cu.begin(), cu.end());
  if (cu.size() < 2 || cu.front() != 0 || cu.back() != tokens || !ordered ||
      batch.positions_N.numel() != tokens) {
    throw Error(ErrorKind::internal,
                fmt::format("a batch of {} tokens and {} positions with offsets {} is not packed", tokens,
                            batch.positions_N.numel(), shape_text(cu)));
  }
  if (batch.slots.size() != (cache == nullptr ? 0 : cu.size() - 1)) {
    throw Error(ErrorKind::internal,
                fmt::format("{} sequences but {} cache slots", cu.size() - 1, batch.slots.size()));
  }
}

Decoder::Decoder(ModelConfig config, Parameters parameters)
    : config_(std::move(config)),
      parameters_(std::move(parameters)),
      inverse_frequencies_(inverse_frequencies(config_).to(device())) {}

KvCache Decoder::new_cache(int64_t slots, int64_t pages) const {
  return {config_, slots, pages, type(), parameters_.placement().of_layers()};
}

const at::Tensor& Decoder::weight(int64_t layer, const char* name) const {
  return parameters_.at(fmt::format("model.layers.{}.{}", layer, name));
}

kernels::Linear Decoder::linear(int64_t layer, const char* name, bool bias) const {
  const auto part = [&](const char* kind) { return weight(layer, fmt::format("{}.{}", name, kind).c_str()); };
  return {part("weight"), bias ? std::optional(part("bias")) : std::nullopt};
}

at::Tensor Decoder::attention(int64_t index, const at::Tensor& hidden_ND, const PackedBatch& batch,
                              const RotaryAngles& angles, KvCache* cache) const {
  const auto projection = [&](const char* name) { return linear(index, name, config_.qkv_bias); };
  const at::Tensor qkv = kernels::norm_qkv(hidden_ND, weight(index, "input_layernorm.weight"),
                                           config_.rms_norm_eps, projection("self_attn.q_proj"),
                                           projection("self_attn.k_proj"), projection("self_attn.v_proj"));
  const kernels::AttentionHeads heads{config_.num_heads, config_.num_kv_heads};
  const at::Tensor out =
      cache == nullptr ? kernels::rotary_attention(qkv, heads, angles.cos_NF, angles.sin_NF, batch.cu_seqlens)
                       : attend_with_cache(*cache, index, batch, kernels::split_qkv(qkv, heads), angles);
  return kernels::residual_linear(hidden_ND, out, linear(index, "self_attn.o_proj", config_.o_bias));
}

at::Tensor Decoder::layer(int64_t index, const at::Tensor& hidden_ND, const PackedBatch& batch,
                          const RotaryAngles& angles, KvCache* cache, kernels::MlpPass pass) const {
  if (hooks_ != nullptr) hooks_->enter(index);
  const auto projection = [&](const char* name) { return linear(index, name, config_.mlp_bias); };
  at::Tensor out = kernels::mlp_block(attention(index, hidden_ND, batch, angles, cache),
                                      weight(index, "post_attention_layernorm.weight"), config_.rms_norm_eps,
                                      projection("mlp.gate_proj"), projection("mlp.up_proj"),
                                      projection("mlp.down_proj"), pass);
  if (hooks_ != nullptr) hooks_->leave(index, out);
  return out;
}

// The captures are by value: the backward pass comes after forward() has returned.
at::Tensor Decoder::layer_again(int64_t index, const at::Tensor& hidden_ND, const PackedBatch& batch,
                                const RotaryAngles& angles) const {
  const auto run = [this, index, batch, angles](kernels::MlpPass pass) {
    return [=, this](const at::Tensor& x) { return layer(index, x, batch, angles, nullptr, pass); };
  };
  return kernels::recomputed(run(kernels::MlpPass::keep), run(kernels::MlpPass::gradients_only), hidden_ND);
}

at::Tensor Decoder::forward(const PackedBatch& batch, KvCache* cache) const {
  require_batch(batch, cache);
  if (hooks_ != nullptr) hooks_->enter(-1);
  at::Tensor hidden = kernels::embedding(parameters_.at("model.embed_tokens.weight"), batch.tokens_N);
  if (hooks_ != nullptr) hooks_->leave(-1, hidden);
  RotaryAngles angles = rotary_angles(batch.positions_N, inverse_frequencies_, hidden.scalar_type());
  const auto pass =
      recompute_ == RecomputeLevel::selective ? kernels::MlpPass::make_again : kernels::MlpPass::keep;
  for (int64_t index = 0; index < config_.num_layers; ++index) {
    const at::Device device = parameters_.placement().of(index);
    hidden = hidden.to(device);
    angles = {angles.cos_NF.to(device), angles.sin_NF.to(device)};
    hidden = recompute_ == RecomputeLevel::full && cache == nullptr
                 ? layer_again(index, hidden, batch, angles)
                 : layer(index, hidden, batch, angles, cache, pass);
  }
  for (size_t s = 0; s < batch.slots.size(); ++s) {
    cache->advance(batch.slots[s], batch.cu_seqlens[s + 1] - batch.cu_seqlens[s]);
  }
  if (hooks_ != nullptr) hooks_->enter(config_.num_layers);
  hidden = hidden.to(parameters_.placement().of(config_.num_layers));
  at::Tensor out = kernels::rms_norm(hidden, parameters_.at("model.norm.weight"), config_.rms_norm_eps);
  if (hooks_ != nullptr) hooks_->leave(config_.num_layers, out);
  return out;
}

at::Tensor Decoder::logits(const at::Tensor& hidden_ND) const {
  const at::Tensor& head_VD = parameters_.head();  // a tied one lies with the embedding
  return at::linear(hidden_ND.to(head_VD.device()), head_VD);
}

}  // namespace evergreen
