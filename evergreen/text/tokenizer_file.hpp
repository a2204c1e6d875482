// tokenizer.json taken apart while it is read: its vocabulary and merges, which are nearly all of it, go into compact
// tables instead of a JSON document. For the sources of this module only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evergreen/base/json.hpp"
#include "evergreen/text/byte_strings.hpp"

namespace evergreen {

struct TokenizerFile {
  Json root;                 // all but the two below: they are empty in it
  ByteStrings tokens;        // model.vocab: the tokens as they are written
  std::vector<int64_t> ids;  // their ids
  // model.merges, each as two tokens, or as one text "a b" with an empty second one.
  std::vector<std::pair<std::string, std::string>> merges;
};

// Error{input} naming `where` for text that is not JSON, repeated names, deep nesting, and a vocabulary or merges of another form.
TokenizerFile parse_tokenizer_file(std::string_view text, const std::string& where);

}  // namespace evergreen
