// Training a byte-level BPE vocabulary from documents (Sennrich et al., arXiv 1508.07909, over bytes as GPT-2 does).
//
//   words = documents, normalised, cut by the pattern; start from bytes; as long as there is room: join the
//   most frequent pair of neighbours, wherever it stands, to a new token.
//
// Numbers   deterministic: of pairs that are equally frequent the one with the lower ids is joined. The same merges
//           as `BpeTrainer` of Hugging Face's `tokenizers` 0.23 with the same settings.
// Memory    every different word once.
// Errors    Error{input} for settings that contradict each other; documents that are not well-formed UTF-8 are read
//           with U+FFFD in place of what is wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

// The patterns that cut text into words, as the families publish them.
extern const char* const kLlama3Pattern;
extern const char* const kQwen2Pattern;

struct BpeTrainOptions {
  int32_t vocab_size = 4096;  // all tokens: special ones, the 256 bytes, and what is learned
  std::string pattern = kLlama3Pattern;
  std::vector<std::string> special_tokens = {};  // ids 0, 1, 2 ... in this order
  std::string begin_token = {};  // a special token that encode() puts before each text; empty: none
  int64_t min_frequency = 2;     // pairs that are rarer are not joined
  bool nfc = false;              // normalise first, as Qwen 2
  bool ignore_merges = true;     // of the tokenizer: a word that is a token is that token, as in Llama 3
};

// Calls its argument once for each document.
using DocumentSource = std::function<void(const std::function<void(std::string_view document)>& take)>;

// The text of tokenizer.json. The vocabulary is smaller than asked where the documents do not have more pairs.
std::string train_bpe(const DocumentSource& documents, const BpeTrainOptions& options);
std::string train_bpe(const std::vector<std::string>& documents, const BpeTrainOptions& options);

struct TokenizerConfigOptions {
  std::string bos_token = {}, eos_token = {}, pad_token = {};  // empty: none
  std::string chat_template = {};                              // empty: none
  int64_t model_max_length = 0;                                // 0: not said
};

// The text of tokenizer_config.json, as transformers reads it.
std::string make_tokenizer_config_json(const TokenizerConfigOptions& options);

}  // namespace evergreen
