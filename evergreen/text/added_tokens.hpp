// Finding added tokens in text: at every place the longest one that begins there, from left to right.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

class AddedTokenFinder {
 public:
  // `pattern` is what to look for: the content of `token`, or its normalised form, not empty. False where another token is
  // found by the same pattern.
  bool add(std::string_view pattern, const AddedToken& token);
  bool empty() const { return tokens_.empty(); }

  struct Piece {
    std::string_view text;
    int32_t id = -1;  // -1: text between added tokens
  };
  // Cuts well-formed `text`; without `allow_special` the special tokens are passed over.
  std::vector<Piece> cut(std::string_view text, bool allow_special) const;

 private:
  struct Match {
    size_t end = 0;
    const AddedToken* token = nullptr;
  };
  Match longest_at(std::string_view text, size_t at) const;
  size_t find_first_byte(std::string_view text, size_t at) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<uint64_t, uint32_t> edges_;  // (node, byte) -> node
  std::vector<int32_t> token_of_node_ = {-1};     // index into tokens_
  bool begins_token_[256] = {};
  int only_first_byte_ = -1;  // that all tokens begin with; -1: none yet, -2: they differ
};

}  // namespace evergreen
