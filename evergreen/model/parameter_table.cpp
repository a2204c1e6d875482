#include "evergreen/model/parameter_table.hpp"

#include <functional>
#include <numeric>

#include <fmt/format.h>

namespace evergreen {
namespace {

class Table {
 public:
  void weight(int64_t block, std::string name, std::vector<int64_t> shape) {
    rows_.push_back({std::move(name), std::move(shape), block, true});
  }
  void undecayed(int64_t block, std::string name, int64_t size) {
    rows_.push_back({std::move(name), {size}, block, false});
  }
  void linear(int64_t block, const std::string& name, int64_t out, int64_t in, bool bias) {
    weight(block, name + ".weight", {out, in});
    if (bias) undecayed(block, name + ".bias", out);
  }
  std::vector<ParameterInfo> take() { return std::move(rows_); }

 private:
  std::vector<ParameterInfo> rows_;
};

void add_layer(Table& table, const ModelConfig& c, int64_t layer) {
  const std::string prefix = fmt::format("model.layers.{}.", layer);
  const int64_t q = c.num_heads * c.head_dim, kv = c.num_kv_heads * c.head_dim;
  table.undecayed(layer, prefix + "input_layernorm.weight", c.hidden_size);
  table.linear(layer, prefix + "self_attn.q_proj", q, c.hidden_size, c.qkv_bias);
  table.linear(layer, prefix + "self_attn.k_proj", kv, c.hidden_size, c.qkv_bias);
  table.linear(layer, prefix + "self_attn.v_proj", kv, c.hidden_size, c.qkv_bias);
  table.linear(layer, prefix + "self_attn.o_proj", c.hidden_size, q, c.o_bias);
  table.undecayed(layer, prefix + "post_attention_layernorm.weight", c.hidden_size);
  table.linear(layer, prefix + "mlp.gate_proj", c.intermediate_size, c.hidden_size, c.mlp_bias);
  table.linear(layer, prefix + "mlp.up_proj", c.intermediate_size, c.hidden_size, c.mlp_bias);
  table.linear(layer, prefix + "mlp.down_proj", c.hidden_size, c.intermediate_size, c.mlp_bias);
}

}  // namespace

int64_t ParameterInfo::elements() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::vector<ParameterInfo> parameter_table(const ModelConfig& config) {
  Table table;
  table.weight(-1, "model.embed_tokens.weight", {config.vocab_size, config.hidden_size});
  for (int64_t layer = 0; layer < config.num_layers; ++layer) add_layer(table, config, layer);
  table.undecayed(config.num_layers, "model.norm.weight", config.hidden_size);
  if (!config.tie_word_embeddings) {
    table.weight(config.num_layers, head_name(config), {config.vocab_size, config.hidden_size});
  }
  return table.take();
}

int64_t parameter_count(const ModelConfig& config) {
  int64_t count = 0;
  for (const ParameterInfo& parameter : parameter_table(config)) count += parameter.elements();
  return count;
}

std::string head_name(const ModelConfig& config) {
  return config.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
}

}  // namespace evergreen
