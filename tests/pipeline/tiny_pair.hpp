// A base and instruct pair with tokenizer and chat template, random and small enough to update in a test.
#pragma once

#include <string>

#include "evergreen/base/random.hpp"
#include "evergreen/pipeline/model_directory.hpp"
#include "evergreen/text/bpe_trainer.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen::test {

inline std::string tiny_sentence(RandomStream& stream) {
  static const char* const kWords[] = {"the",    "river", "town", "mayor", "opened", "a",   "new",
                                       "bridge", "today", "and",  "spoke", "of",     "rain"};
  std::string text;
  for (int i = 0; i < 12; ++i)
    text += std::string(i > 0 ? " " : "") + kWords[stream.below(std::size(kWords))];
  return text + ".";
}

inline std::string tiny_corpus(uint64_t seed, int documents) {
  RandomStream stream(seed, "tiny corpus");
  std::string lines;
  for (int d = 0; d < documents; ++d)
    lines += "{\"text\": \"" + tiny_sentence(stream) + " " + tiny_sentence(stream) + "\"}\n";
  return lines;
}

inline ModelConfig tiny_pair_config(int64_t vocab_size) {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.vocab_size = vocab_size;
  config.hidden_size = 16;
  config.intermediate_size = 24;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_dim = 4;
  config.max_position_embeddings = 64;
  config.tie_word_embeddings = true;
  config.dtype = Dtype::bf16;
  config.bos_token_id = 0;
  config.eos_token_ids = {1};
  return config;
}

// `count` prompts, each with a check.
inline void write_instructions(const fs::path& file, const std::string& word, int count,
                               const std::string& check = R"({"check": "words", "max": 40})") {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines +=
        "{\"prompt\": \"" + word + " " + std::to_string(i) + " the river\", \"checks\": [" + check + "]}\n";
  replace_file(file, lines);
}

// DIR/base and DIR/instruct; the instruct model is the base plus a small random difference.
inline void make_tiny_pair(const fs::path& dir, int64_t max_position_embeddings = 64) {
  BpeTrainOptions options;
  options.vocab_size = 320;
  options.special_tokens = {"<s>", "</s>"};
  options.begin_token = "<s>";
  RandomStream stream(1, "tiny vocabulary");
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i) texts.push_back(tiny_sentence(stream));
  const std::string tokenizer = train_bpe(texts, options);
  const fs::path files = dir / "tokenizer";
  fs::create_directories(files);
  replace_file(files / "tokenizer.json", tokenizer);
  TokenizerConfigOptions tokenizer_config;
  tokenizer_config.bos_token = "<s>";
  tokenizer_config.eos_token = "</s>";
  tokenizer_config.chat_template =
      "{{ bos_token }}{% for m in messages %}{{ m['content'] + eos_token }}{% endfor %}";
  replace_file(files / "tokenizer_config.json", make_tokenizer_config_json(tokenizer_config));
  ModelConfig config = tiny_pair_config(load_tokenizer(files).vocab_size());
  config.max_position_embeddings = max_position_embeddings;
  for (const char* name : {"base", "instruct"}) {
    Decoder decoder(config, init_parameters(config, 1, at::kFloat));
    if (std::string(name) == "instruct") {
      const Parameters change = init_parameters(config, 2, at::kFloat);
      for (const ParameterInfo& info : decoder.parameters().table())
        decoder.parameters().at(info.name).add_(change.at(info.name), 0.1);
    }
    SaveModelOptions save;
    save.dtype = Dtype::bf16;
    save.companions = files;
    save_model(decoder, dir / name, save);
  }
}

// Makes DIR/instruct anew, as DIR/base with a direction added to all embeddings, six times as much to that of </s>: hidden
// states then point that way, and the answer's first token is </s>.
inline void make_instruct_that_ends_at_once(const fs::path& dir) {
  Decoder decoder = load_decoder(dir / "base");
  const at::Tensor embeddings = decoder.parameters().at("model.embed_tokens.weight");
  embeddings.select(1, 0).add_(0.3);
  embeddings.select(0, 1).select(0, 0).add_(1.5);
  fs::remove_all(dir / "instruct");
  SaveModelOptions save;
  save.dtype = Dtype::bf16;
  save.companions = dir / "tokenizer";
  save_model(decoder, dir / "instruct", save);
}

}  // namespace evergreen::test
