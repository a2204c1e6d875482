#include "evergreen/model/decoder.hpp"

#include <utility>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/kernels/attention.hpp"
#include "evergreen/kernels/rms_norm.hpp"
#include "evergreen/kernels/rope.hpp"
#include "evergreen/kernels/swiglu.hpp"

namespace evergreen {
namespace {

void require_batch(const PackedBatch& batch, const KvCache* cache) {
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

// Appends the new keys and values, then attends to past and new together.
at::Tensor attend_with_cache(KvCache& cache, int64_t layer, const PackedBatch& batch, const at::Tensor& q_NHE,
                             const at::Tensor& k_NKE, const at::Tensor& v_NKE) {
  std::vector<int64_t> past;
  for (size_t s = 0; s < batch.slots.size(); ++s) {
    const int64_t first = batch.cu_seqlens[s], count = batch.cu_seqlens[s + 1] - first;
    past.push_back(cache.length(batch.slots[s]));
    cache.append(layer, batch.slots[s], past.back(), k_NKE.narrow(0, first, count),
                 v_NKE.narrow(0, first, count));
  }
  return kernels::cached_attention(q_NHE, cache.layer_keys(layer), cache.layer_values(layer),
                                   batch.cu_seqlens, batch.slots, past);
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

Decoder::Decoder(ModelConfig config, Parameters parameters)
    : config_(std::move(config)),
      parameters_(std::move(parameters)),
      inverse_frequencies_(inverse_frequencies(config_).to(parameters_.head().device())) {}

const at::Tensor& Decoder::weight(int64_t layer, const char* name) const {
  return parameters_.at(fmt::format("model.layers.{}.{}", layer, name));
}

at::Tensor Decoder::linear(int64_t layer, const char* name, const at::Tensor& x, bool bias) const {
  const at::Tensor& w = weight(layer, fmt::format("{}.weight", name).c_str());
  return bias ? at::linear(x, w, weight(layer, fmt::format("{}.bias", name).c_str())) : at::linear(x, w);
}

at::Tensor Decoder::attention(int64_t index, const at::Tensor& normed_ND, const PackedBatch& batch,
                              const RotaryAngles& angles, KvCache* cache) const {
  const int64_t n = normed_ND.size(0), e = config_.head_dim;
  const auto project = [&](const char* name, int64_t heads) {
    return linear(index, name, normed_ND, config_.qkv_bias).view({n, heads, e});
  };
  const at::Tensor q =
      kernels::rope(project("self_attn.q_proj", config_.num_heads), angles.cos_NF, angles.sin_NF);
  const at::Tensor k =
      kernels::rope(project("self_attn.k_proj", config_.num_kv_heads), angles.cos_NF, angles.sin_NF);
  const at::Tensor v = project("self_attn.v_proj", config_.num_kv_heads);
  const at::Tensor out = cache == nullptr ? kernels::packed_attention(q, k, v, batch.cu_seqlens)
                                          : attend_with_cache(*cache, index, batch, q, k, v);
  return linear(index, "self_attn.o_proj", out.reshape({n, config_.num_heads * e}), config_.o_bias);
}

at::Tensor Decoder::mlp(int64_t index, const at::Tensor& normed_ND) const {
  const at::Tensor gate = linear(index, "mlp.gate_proj", normed_ND, config_.mlp_bias);
  const at::Tensor up = linear(index, "mlp.up_proj", normed_ND, config_.mlp_bias);
  return linear(index, "mlp.down_proj", kernels::swiglu(gate, up), config_.mlp_bias);
}

at::Tensor Decoder::layer(int64_t index, const at::Tensor& hidden_ND, const PackedBatch& batch,
                          const RotaryAngles& angles, KvCache* cache) const {
  const auto norm = [&](const at::Tensor& x, const char* name) {
    return kernels::rms_norm(x, weight(index, name), config_.rms_norm_eps);
  };
  const at::Tensor attended =
      hidden_ND + attention(index, norm(hidden_ND, "input_layernorm.weight"), batch, angles, cache);
  return attended + mlp(index, norm(attended, "post_attention_layernorm.weight"));
}

at::Tensor Decoder::forward(const PackedBatch& batch, KvCache* cache) const {
  require_batch(batch, cache);
  at::Tensor hidden = at::embedding(parameters_.at("model.embed_tokens.weight"), batch.tokens_N);
  const RotaryAngles angles = rotary_angles(batch.positions_N, inverse_frequencies_, hidden.scalar_type());
  for (int64_t index = 0; index < config_.num_layers; ++index)
    hidden = layer(index, hidden, batch, angles, cache);
  for (size_t s = 0; s < batch.slots.size(); ++s) {
    cache->advance(batch.slots[s], batch.cu_seqlens[s + 1] - batch.cu_seqlens[s]);
  }
  return kernels::rms_norm(hidden, parameters_.at("model.norm.weight"), config_.rms_norm_eps);
}

at::Tensor Decoder::logits(const at::Tensor& hidden_ND) const {
  return at::linear(hidden_ND, parameters_.head());
}

}  // namespace evergreen
