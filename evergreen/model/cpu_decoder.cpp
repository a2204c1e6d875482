#include "evergreen/model/cpu_decoder.hpp"

#include <algorithm>

#include <ATen/ATen.h>

#include "evergreen/kernels/cpu/linear_rows.hpp"
#include "evergreen/kernels/cpu/paged_attention_rows.hpp"
#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "evergreen/kernels/stacked_linear.hpp"
#include "evergreen/model/int8_weights.hpp"

namespace evergreen {
namespace {

namespace cpu = kernels::cpu;

const float* data(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

// y = x W^T (+ bias), or added to y.
void linear(const float* x, int64_t rows, const at::Tensor& weight_OI, const Int8Matrix* int8,
            const at::Tensor& bias_O, float* y, bool add) {
  const int64_t inner = weight_OI.size(1), outputs = weight_OI.size(0);
  cpu::LinearRows product{x, inner, rows, inner, data(weight_OI), inner, data(bias_O), y, outputs, add};
  if (int8 != nullptr) {
    product.int8_weight = int8->weight_OI.const_data_ptr<int8_t>();
    product.scale = data(int8->scale_O);
  }
  cpu::linear_rows(product, outputs);
}

float* room(at::Tensor& buffer, int64_t rows, int64_t width) {
  if (!buffer.defined() || buffer.numel() < rows * width) buffer = at::empty({rows * width}, at::kFloat);
  return buffer.data_ptr<float>();
}

}  // namespace

bool CpuDecoder::serves(const Decoder& decoder) {
  const Parameters& parameters = decoder.parameters();
  return std::all_of(parameters.table().begin(), parameters.table().end(),
                     [&](const ParameterInfo& info) { return cpu::has_rows(parameters.at(info.name)); });
}

std::vector<CpuDecoder::Layer> CpuDecoder::layers_of(const Decoder& decoder) {
  const ModelConfig& config = decoder.config();
  std::vector<Layer> layers;
  for (int64_t index = 0; index < config.num_layers; ++index) {
    const auto part = [&](const std::string& name) -> const at::Tensor& {
      return decoder.parameters().at("model.layers." + std::to_string(index) + "." + name);
    };
    const auto stacked = [&](std::vector<const char*> names, const char* kind) {
      std::vector<at::Tensor> parts;
      for (const char* name : names) parts.push_back(part(std::string(name) + "." + kind));
      return kernels::stacked_rows(parts);
    };
    const std::vector<const char*> qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"},
                                   gate_up = {"mlp.gate_proj", "mlp.up_proj"};
    Layer& layer = layers.emplace_back();
    layer.input_norm = part("input_layernorm.weight");
    layer.qkv = stacked(qkv, "weight");
    if (config.qkv_bias) layer.qkv_bias = stacked(qkv, "bias");
    layer.o = part("self_attn.o_proj.weight");
    if (config.o_bias) layer.o_bias = part("self_attn.o_proj.bias");
    layer.post_norm = part("post_attention_layernorm.weight");
    layer.gate_up = stacked(gate_up, "weight");
    if (config.mlp_bias) layer.gate_up_bias = stacked(gate_up, "bias");
    layer.down = part("mlp.down_proj.weight");
    if (config.mlp_bias) layer.down_bias = part("mlp.down_proj.bias");
  }
  return layers;
}

CpuDecoder::CpuDecoder(const Decoder& decoder, const Int8Weights* int8)
    : decoder_(decoder),
      config_(decoder.config()),
      int8_(int8),
      layers_(layers_of(decoder)),
      embedding_(decoder.parameters().at("model.embed_tokens.weight")),
      final_norm_(decoder.parameters().at("model.norm.weight")),
      head_(decoder.parameters().head()),
      inverse_frequencies_(inverse_frequencies(config_)) {}

const Int8Weights::Layer* CpuDecoder::int8_layer(int64_t index) const {
  return int8_ == nullptr ? nullptr : &int8_->layers.at(static_cast<size_t>(index));
}

void CpuDecoder::norm(const float* x, const at::Tensor& weight, int64_t rows) {
  const int64_t width = config_.hidden_size;
  float* y = room(normed_, rows, width);
  float* inverse_rms = room(inverse_rms_, rows, 1);
  cpu::for_rows(rows, width, [&](int64_t first, int64_t count) {
    cpu::rms_norm_rows(x + first * width, data(weight), static_cast<float>(config_.rms_norm_eps), count,
                       width, y + first * width, inverse_rms + first);
  });
}

void CpuDecoder::append(int64_t index, const PackedBatch& batch, const RotaryAngles& angles, KvCache& cache) {
  const int64_t half = config_.head_dim / 2, token = config_.num_kv_heads * config_.head_dim;
  const int64_t queries = config_.num_heads * config_.head_dim, width = queries + 2 * token;
  const float *cosines = data(angles.cos_NF), *sines = data(angles.sin_NF);
  float* keys = cache.layer_keys(index).data_ptr<float>();
  float* values = cache.layer_values(index).data_ptr<float>();
  for (size_t s = 0; s < batch.slots.size(); ++s) {
    const std::vector<int32_t>& pages = cache.pages(batch.slots[s]);
    int64_t position = cache.length(batch.slots[s]);
    cache.require_room(batch.slots[s], position, batch.cu_seqlens[s + 1] - batch.cu_seqlens[s]);
    for (int64_t row = batch.cu_seqlens[s]; row < batch.cu_seqlens[s + 1]; ++row, ++position) {
      const int64_t page = pages[static_cast<size_t>(position / KvCache::kPageTokens)];
      const int64_t place = (page * KvCache::kPageTokens + position % KvCache::kPageTokens) * token;
      float* qkv = qkv_.data_ptr<float>() + row * width;
      const float *c = cosines + row * half, *sine = sines + row * half;
      cpu::rope_rows(qkv, c, sine, 1, 1, config_.num_heads, half, qkv);
      cpu::rope_rows(qkv + queries, c, sine, 1, 1, config_.num_kv_heads, half, keys + place);
      std::copy_n(qkv + queries + token, token, values + place);
    }
  }
}

void CpuDecoder::attention(int64_t index, const PackedBatch& batch, const RotaryAngles& angles,
                           KvCache& cache) {
  const Layer& layer = layers_[static_cast<size_t>(index)];
  const Int8Weights::Layer* int8 = int8_layer(index);
  const int64_t queries = config_.num_heads * config_.head_dim, width = layer.qkv.size(0);
  norm(data(hidden_), layer.input_norm, tokens_);
  linear(data(normed_), tokens_, layer.qkv, int8 ? &int8->qkv : nullptr, layer.qkv_bias,
         room(qkv_, tokens_, width), false);
  append(index, batch, angles, cache);
  cache.copy_begun_pages(index, batch.slots);
  std::vector<cpu::PagedQueries> sequences;
  for (size_t s = 0; s < batch.slots.size(); ++s) {
    const int64_t slot = batch.slots[s], first = batch.cu_seqlens[s];
    sequences.push_back(
        {first, batch.cu_seqlens[s + 1] - first, cache.length(slot), cache.pages(slot).data()});
  }
  const cpu::PagedKeys keys{data(cache.layer_keys(index)), data(cache.layer_values(index)),
                            KvCache::kPageTokens, config_.num_kv_heads, config_.head_dim};
  float* out = room(attended_, tokens_, queries);
  cpu::paged_attention(keys, sequences, data(qkv_), width, config_.num_heads, out);
  linear(out, tokens_, layer.o, int8 ? &int8->o : nullptr, layer.o_bias, hidden_.data_ptr<float>(), true);
}

void CpuDecoder::mlp(int64_t index) {
  const Layer& layer = layers_[static_cast<size_t>(index)];
  const Int8Weights::Layer* int8 = int8_layer(index);
  const int64_t inner = config_.intermediate_size;
  norm(data(hidden_), layer.post_norm, tokens_);
  float* gate_up = room(gate_up_, tokens_, 2 * inner);
  float* y = room(inner_, tokens_, inner);
  linear(data(normed_), tokens_, layer.gate_up, int8 ? &int8->gate_up : nullptr, layer.gate_up_bias, gate_up,
         false);
  cpu::for_rows(tokens_, inner, [&](int64_t first, int64_t count) {
    for (int64_t row = first; row < first + count; ++row) {
      const float* gate = gate_up + row * 2 * inner;
      cpu::swiglu_rows(gate, gate + inner, inner, y + row * inner);
    }
  });
  linear(y, tokens_, layer.down, int8 ? &int8->down : nullptr, layer.down_bias, hidden_.data_ptr<float>(),
         true);
}

at::Tensor CpuDecoder::forward(const PackedBatch& batch, KvCache& cache, const std::vector<int64_t>& rows) {
  const int64_t width = config_.hidden_size;
  tokens_ = batch.tokens_N.numel();
  float* hidden = room(hidden_, tokens_, width);
  const auto* tokens = batch.tokens_N.const_data_ptr<int64_t>();
  for (int64_t n = 0; n < tokens_; ++n)
    std::copy_n(data(embedding_) + tokens[n] * width, width, hidden + n * width);
  const RotaryAngles angles = rotary_angles(batch.positions_N, inverse_frequencies_, at::kFloat);
  for (size_t index = 0; index < layers_.size(); ++index) {
    attention(static_cast<int64_t>(index), batch, angles, cache);
    mlp(static_cast<int64_t>(index));
  }
  for (size_t s = 0; s < batch.slots.size(); ++s)
    cache.advance(batch.slots[s], batch.cu_seqlens[s + 1] - batch.cu_seqlens[s]);

  const auto count = static_cast<int64_t>(rows.size());
  for (int64_t r = 0; r < count; ++r) {
    // In place: a row never moves to a later one, since rows ascend.
    if (rows[static_cast<size_t>(r)] != r)
      std::copy_n(hidden + rows[static_cast<size_t>(r)] * width, width, hidden + r * width);
  }
  norm(hidden, final_norm_, count);
  at::Tensor out = at::empty({count, width}, at::kFloat);
  std::copy_n(data(normed_), count * width, out.data_ptr<float>());
  return out;
}

at::Tensor CpuDecoder::logits(const at::Tensor& hidden_RD) {
  const int64_t rows = hidden_RD.size(0);
  if (!logits_.defined() || logits_.size(0) < rows) logits_ = at::empty({rows, head_.size(0)}, at::kFloat);
  linear(data(hidden_RD), rows, head_, int8_ ? &int8_->head : nullptr, {}, logits_.data_ptr<float>(), false);
  return logits_.narrow(0, 0, rows);
}

}  // namespace evergreen
