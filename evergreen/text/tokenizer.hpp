// BPE tokenizers as Hugging Face writes them (tokenizer.json): Llama 3, Qwen 2, GPT-2, SmolLM2 and their like.
//
//   text -> added tokens cut out -> normaliser -> added tokens again -> pre-tokenizer -> words -> merges -> ids
//
// Numbers   ids, texts and offsets equal those of Hugging Face's `tokenizers` 0.23.3 (docs/design/003-tokenizer.md says how
//           that is shown). Text that is not well-formed UTF-8 is read as Python's errors="replace" does, and the
//           replacements are counted.
// Memory    immutable after load; copies share it, all members may be called by many threads at once. Each thread that
//           encodes borrows about 0.6 MB of working memory.
// Errors    Error{input} at load, naming every component of the file that is not supported: nothing is skipped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

// A token beside the vocabulary that is cut out of text before anything else happens to it.
struct AddedToken {
  int32_t id = 0;
  std::string content = {};
  bool special = false;      // left out by decode(skip_special)
  bool normalized = false;   // looked for after the normaliser, not before
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space behind it
};

struct EncodeOptions {
  bool add_special_tokens =
      true;                   // what the file's post-processor puts around a text, such as <|begin_of_text|>
  bool allow_special = true;  // false: "<|eot_id|>" in the text is text, not the special token
};

class Tokenizer {
 public:
  // From the texts of tokenizer.json and tokenizer_config.json (may be empty); `where` is what errors name.
  static Tokenizer from_json(std::string_view tokenizer_json, std::string_view config_json = {},
                             const std::string& where = "tokenizer.json");

  // Appends the ids of `text` to `out`; returns how many ill-formed parts became U+FFFD.
  size_t encode(std::string_view text, const EncodeOptions& options, std::vector<int32_t>& out) const;
  std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options = {}) const;

  // The part [begin, end) of a text, in bytes of the text as it was given (ill-formed parts included).
  struct Span {
    size_t begin = 0, end = 0;
  };
  struct Encoding {
    std::vector<int32_t> ids;
    std::vector<Span> spans;  // of each id; tokens that add_special_tokens puts around the text have {0, 0}
    size_t replaced = 0;      // ill-formed parts that became U+FFFD
  };
  // The same ids with their places. A token of some bytes of a character has the place of the whole character. Spaces are
  // left out where the file's post-processor trims offsets. About ten times slower than encode().
  Encoding encode_with_offsets(std::string_view text, const EncodeOptions& options = {}) const;

  // What the file's decoder makes of the ids: well-formed UTF-8. Ids that do not exist are left out, as `tokenizers` does.
  std::string decode(std::span<const int32_t> ids, bool skip_special = false) const;

  int32_t vocab_size() const;  // the highest id + 1: rows that an embedding needs
  std::optional<int32_t> token_to_id(std::string_view token) const;  // by its written form, such as "Ġthe"
  std::optional<std::string> id_to_token(int32_t id) const;
  // What it stands for in text, empty for an id that does not exist. Of byte-level tokenizers the bytes, maybe part of a
  // character; of others what the decoder makes of a text of this one token.
  std::string_view token_bytes(int32_t id) const;
  bool is_special(int32_t id) const;

  const std::vector<AddedToken>& added_tokens() const;  // in order of ids
  std::span<const int32_t> prefix_ids() const;          // what add_special_tokens puts before a text
  std::span<const int32_t> suffix_ids() const;          // and behind it

  // From tokenizer_config.json; none where the file does not name one.
  std::optional<int32_t> bos_id() const;
  std::optional<int32_t> eos_id() const;
  std::optional<int32_t> pad_id() const;
  std::string bos_token() const;  // empty where there is none
  std::string eos_token() const;
  std::optional<bool> add_bos_token() const;

  struct Data;

 private:
  static void check_length(std::string_view text);
  friend class StreamDecoder;
  friend Tokenizer load_tokenizer(const std::filesystem::path& directory);
  explicit Tokenizer(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

// The tokenizer of a model's directory: tokenizer.json with tokenizer_config.json or special_tokens_map.json beside it.
Tokenizer load_tokenizer(const std::filesystem::path& directory);

class DecoderRun;

// Turns ids into text as they come, never giving out half a character. All that it gives out, joined, equals decode() of all
// ids. What a decoder can only decide at the end (a replacement in fused text, say) comes at the end.
class StreamDecoder {
 public:
  explicit StreamDecoder(Tokenizer tokenizer, bool skip_special = false);
  ~StreamDecoder();
  StreamDecoder(StreamDecoder&&) noexcept;
  StreamDecoder& operator=(StreamDecoder&&) noexcept;
  std::string push(int32_t id);
  std::string finish();  // what is left: half a character becomes U+FFFD

 private:
  Tokenizer tokenizer_;
  bool skip_special_;
  std::string pending_;              // bytes of a character that is not complete
  std::unique_ptr<DecoderRun> run_;  // of decoders that are not just ByteLevel
};

}  // namespace evergreen
