// What a Tokenizer holds after load. For the sources of this module only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "evergreen/text/added_tokens.hpp"
#include "evergreen/text/bpe.hpp"
#include "evergreen/text/pre_tokenizer.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

struct Tokenizer::Data {
  bool nfc = false;
  AddedTokenFinder before_normalizer, after_normalizer;
  PreTokenizer pre_tokenizer;
  Bpe bpe;
  std::vector<int32_t> prefix, suffix;

  std::vector<AddedToken> added;
  ByteStrings written;                // tokens as the file writes them, vocabulary and added ones
  std::vector<int32_t> written_ids;   // by number in `written`
  std::vector<int32_t> number_of_id;  // into `written`; -1: no such id
  std::vector<std::string> bytes;     // by id: what the decoder gives
  std::vector<bool> special;          // by id

  struct Named {
    std::string token;
    int32_t id;
  };
  std::optional<Named> bos, eos, pad;
  std::optional<bool> add_bos_token;
};

}  // namespace evergreen
