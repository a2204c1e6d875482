#include "tests/support/pico_checkpoint.hpp"

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen::test {

ModelConfig pico_config(const PicoOptions& options) {
  const bool llama = options.family == ModelFamily::llama;
  ModelConfig config;
  config.family = options.family;
  config.architecture = llama ? "LlamaForCausalLM" : "Qwen2ForCausalLM";
  config.vocab_size = options.vocab_size;
  config.hidden_size = options.hidden_size;
  config.intermediate_size = options.intermediate_size;
  config.num_layers = options.num_layers;
  config.num_heads = options.num_heads;
  config.num_kv_heads = options.num_kv_heads;
  config.head_dim = options.hidden_size / options.num_heads;
  config.max_position_embeddings = 128;
  config.tie_word_embeddings = options.tied;
  config.qkv_bias = !llama;
  config.dtype = options.dtype;
  config.bos_token_id = 1;
  config.eos_token_ids = {options.chat ? 3 : 2};
  if (options.chat) config.pad_token_id = 0;
  return config;
}

std::vector<TensorSpec> pico_tensors(const PicoOptions& options) {
  const ModelConfig c = pico_config(options);
  const int64_t H = c.hidden_size, F = c.intermediate_size, Q = c.num_heads * c.head_dim,
                K = c.num_kv_heads * c.head_dim;
  std::vector<TensorSpec> tensors;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    tensors.push_back({name, options.dtype, std::move(shape)});
  };
  add("model.embed_tokens.weight", {c.vocab_size, H});
  for (int64_t i = 0; i < c.num_layers; ++i) {
    const std::string layer = fmt::format("model.layers.{}.", i);
    add(layer + "input_layernorm.weight", {H});
    for (const auto& [part, rows] : {std::pair{"q", Q}, {"k", K}, {"v", K}}) {
      add(fmt::format("{}self_attn.{}_proj.weight", layer, part), {rows, H});
      if (c.qkv_bias) add(fmt::format("{}self_attn.{}_proj.bias", layer, part), {rows});
    }
    add(layer + "self_attn.o_proj.weight", {H, Q});
    add(layer + "post_attention_layernorm.weight", {H});
    add(layer + "mlp.gate_proj.weight", {F, H});
    add(layer + "mlp.up_proj.weight", {F, H});
    add(layer + "mlp.down_proj.weight", {H, F});
  }
  add("model.norm.weight", {H});
  if (!options.tied) add("lm_head.weight", {c.vocab_size, H});
  return tensors;
}

std::vector<double> pico_values(const PicoOptions& options, const TensorSpec& tensor) {
  uint64_t count = 1;
  for (const int64_t extent : tensor.shape) count *= static_cast<uint64_t>(extent);
  RandomStream random(options.seed, "pico." + tensor.name);
  std::vector<double> values(count);
  for (double& value : values) {
    value = options.spread > 0 ? random.normal() * options.spread
                               : (static_cast<double>(random.below(129)) - 64) / 64;
  }
  return values;
}

fs::path write_checkpoint(const fs::path& out, const std::vector<TensorSpec>& tensors,
                          const std::function<double(const TensorSpec&, uint64_t)>& value,
                          const std::function<void(CheckpointWriter&)>& extra, const WriterOptions& options) {
  WriterOptions quick = options;
  quick.sync = false;
  CheckpointWriter writer(out, tensors, quick);
  for (const TensorSpec& tensor : tensors) {
    const TensorInfo& info = writer.get(tensor.name);
    std::vector<double> values(info.elements());
    std::vector<std::byte> bytes(info.bytes());
    if (has_arithmetic(tensor.dtype)) {
      for (uint64_t i = 0; i < values.size(); ++i) values[i] = value(tensor, i);
      encode(tensor.dtype, values, bytes);
    } else {
      for (uint64_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(value(tensor, i));
    }
    writer.write(info, 0, bytes);
  }
  if (extra) extra(writer);
  writer.publish();
  return out;
}

// A token for each row but `padding_rows`: words t0, t1 ..., or those of the options.
std::string tokenizer_json(const PicoOptions& options, const std::string& name) {
  OrderedJson vocab = OrderedJson::object();
  for (int64_t row = 0; row < options.vocab_size - options.padding_rows; ++row) {
    const auto given = options.tokens.find(row);
    vocab[given == options.tokens.end() ? fmt::format("t{}", row) : given->second] = row;
  }
  const OrderedJson json = {
      {"version", "1.0"}, {"made_for", name}, {"model", {{"type", "BPE"}, {"vocab", vocab}}}};
  return json.dump();
}

fs::path pico_checkpoint(const TempDir& dir, const std::string& name, const PicoOptions& options) {
  const std::vector<TensorSpec> tensors = pico_tensors(options);
  std::map<std::string, std::vector<double>> values;
  uint64_t total = 0;
  for (const TensorSpec& tensor : tensors) {
    values[tensor.name] = pico_values(options, tensor);
    total += tensor_bytes(tensor.dtype, tensor.shape, tensor.name);
  }
  WriterOptions writing;
  if (options.shards > 1) writing.max_shard_bytes = total / static_cast<uint64_t>(options.shards) + 1;
  return write_checkpoint(
      dir / name, tensors, [&](const TensorSpec& tensor, uint64_t i) { return values.at(tensor.name)[i]; },
      [&](CheckpointWriter& writer) {
        writer.put_file("config.json", make_config_json(pico_config(options)));
        writer.put_file("tokenizer.json", tokenizer_json(options, name));
        writer.put_file("tokenizer_config.json", fmt::format(R"({{"made_for": "{}"}})", name));
        writer.put_file("special_tokens_map.json", "{}");
        writer.put_file("generation_config.json",
                        fmt::format(R"({{"eos_token_id": {}}})", options.chat ? 3 : 2));
        if (options.chat) writer.put_file("chat_template.jinja", "{{ messages[0]['content'] }}");
      },
      writing);
}

}  // namespace evergreen::test
