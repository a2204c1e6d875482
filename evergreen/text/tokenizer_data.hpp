// What a Tokenizer holds after load. For the sources of this module only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "evergreen/text/added_tokens.hpp"
#include "evergreen/text/bpe.hpp"
#include "evergreen/text/byte_encoder.hpp"
#include "evergreen/text/decoder.hpp"
#include "evergreen/text/normalizer.hpp"
#include "evergreen/text/pre_tokenizer.hpp"
#include "evergreen/text/scratch_pool.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

// Post-processing, in order: ids around the text (template), and offsets that leave out spaces (ByteLevel).
struct SurroundStep {
  std::vector<int32_t> before, after;
  bool stays_apart = true;  // for steps behind it the text still begins with its own first token
};
struct TrimOffsetsStep {
  bool add_prefix_space = true;
};
using PostStep = std::variant<SurroundStep, TrimOffsetsStep>;

struct Tokenizer::Data {
  Normalizer normalizer;
  AddedTokenFinder before_normalizer, after_normalizer;
  PreTokenizer pre_tokenizer;
  Bpe bpe;
  std::vector<PostStep> post_steps;
  std::vector<int32_t> prefix, suffix;  // what all of them put around a text
  DecoderSteps decoder;

  // Where words may be taken as bytes; none: the general way.
  std::unique_ptr<const ByteEncoder> byte_encoder;
  std::optional<WordPlan> plan;  // of words that the byte encoder finds by itself
  mutable ScratchPool<ByteScratch> scratch;

  std::vector<AddedToken> added;
  std::unordered_map<std::string, int32_t> added_ids;  // by content
  std::vector<int32_t> number_of_id;                   // into bpe.written; -1: no such id, or an added token
  std::vector<bool> special;                           // by id: left out by decode(skip_special)

  // What the decoder sees of each id, and what it makes of it alone: for ByteLevel the bytes, for others the text.
  std::vector<std::string> added_forms;        // by index in `added`
  std::vector<int32_t> added_of_id;            // index into `added`; -1: none
  std::string pool;                            // the decoded forms, one behind the other
  std::vector<uint32_t> pool_begins;           // by id
  bool is_byte_level_decoder = false;          // nothing but ByteLevel: texts are the joined bytes
  std::string_view form_of(int32_t id) const;  // what the decoder sees

  struct Named {
    std::string token;
    int32_t id;
  };
  std::optional<Named> bos, eos, pad;
  std::optional<bool> add_bos_token;

  int32_t find(const std::string& token) const;  // an id by its written form; -1: none
};

// Ids with the places in the text that they come from, the general way: every step as the reference does it.
struct PlacedToken {
  int32_t id;
  ByteSpan span;
  std::string added_text;  // of an added token: what it was found as
};
std::vector<PlacedToken> encode_generally(const Tokenizer::Data& data, std::string_view valid_text,
                                          bool allow_special);

}  // namespace evergreen
