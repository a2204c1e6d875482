#include "evergreen/checkpoint/model_size.hpp"

namespace evergreen {

ModelSize model_size(const ModelConfig& c) {
  const auto as_double = [](int64_t n) { return static_cast<double>(n); };
  const double hidden = as_double(c.hidden_size), heads = as_double(c.num_heads * c.head_dim);
  const double kv = as_double(c.num_kv_heads * c.head_dim), mlp = as_double(c.intermediate_size);
  const double layers = as_double(c.num_layers), head = as_double(c.vocab_size) * hidden;
  const double matrices = hidden * (2 * heads + 2 * kv + 3 * mlp);
  double others = 2 * hidden;  // norms
  if (c.qkv_bias) others += heads + 2 * kv;
  if (c.o_bias) others += hidden;
  if (c.mlp_bias) others += 2 * mlp + hidden;
  ModelSize size;
  size.matmul_weights = layers * matrices + head;
  size.parameters = layers * (matrices + others) + hidden + head * (c.tie_word_embeddings ? 1 : 2);
  return size;
}

}  // namespace evergreen
