// A random model with a small trained tokenizer, in a directory and in memory.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/generate/text_model.hpp"
#include "evergreen/text/bpe_trainer.hpp"
#include "tests/generate/tiny_model.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::test {

inline const std::vector<std::string>& tiny_texts() {
  static const std::vector<std::string> texts = {
      "the mayor of the town opened the new bridge over the river today",
      "rain fell on the old town and the river rose again",
      "who opened the bridge ? the mayor opened the bridge ."};
  return texts;
}

// tokenizer.json and tokenizer_config.json of a Llama-like tokenizer: <s> before every text, <|end|> ends a turn.
inline void write_tiny_tokenizer(const fs::path& directory, const std::string& begin_token = "<s>") {
  BpeTrainOptions options;
  options.vocab_size = 300;
  options.special_tokens = {"<s>", "</s>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>"};
  options.begin_token = begin_token;
  replace_file(directory / "tokenizer.json", train_bpe(tiny_texts(), options));
  TokenizerConfigOptions config;
  config.bos_token = begin_token;
  config.eos_token = "<|end|>";
  config.chat_template =
      "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
      "{% if add_generation_prompt %}<|assistant|>{% endif %}";
  replace_file(directory / "tokenizer_config.json", make_tokenizer_config_json(config));
}

inline ModelConfig tiny_text_config(int64_t vocab_size) {
  ModelConfig config = tiny_config();
  config.vocab_size = vocab_size;
  config.bos_token_id = 0;
  config.eos_token_ids = {1};
  return config;
}

inline TextModel tiny_text_model(uint64_t seed = 1, const std::string& begin_token = "<s>") {
  const TempDir dir;
  write_tiny_tokenizer(dir.path(), begin_token);
  const int64_t vocab_size = load_tokenizer(dir.path()).vocab_size();
  auto decoder = std::make_shared<const Decoder>(tiny_decoder(seed, tiny_text_config(vocab_size)));
  return make_text_model("tiny", std::move(decoder), dir.path());
}

}  // namespace evergreen::test
