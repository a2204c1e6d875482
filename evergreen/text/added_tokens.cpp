#include "evergreen/text/added_tokens.hpp"

#include <algorithm>
#include <cstring>

#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

uint64_t edge(uint32_t node, char byte) { return (uint64_t{node} << 8) | static_cast<uint8_t>(byte); }

bool touches_word(std::string_view text, size_t begin, size_t end) {
  const bool before = begin > 0 && is_word_character(decode_utf8(text, previous_character(text, begin)).code);
  return before || (end < text.size() && is_word_character(decode_utf8(text, end).code));
}

size_t skip_space_back(std::string_view text, size_t at, size_t limit) {
  while (at > limit) {
    const size_t previous = previous_character(text, at);
    if (previous < limit || !is_white_space(decode_utf8(text, previous).code)) break;
    at = previous;
  }
  return at;
}

size_t skip_space(std::string_view text, size_t at) {
  while (at < text.size()) {
    const Utf8Char next = decode_utf8(text, at);
    if (!is_white_space(next.code)) break;
    at += next.bytes;
  }
  return at;
}

}  // namespace

bool AddedTokenFinder::add(std::string_view pattern, const AddedToken& token) {
  uint32_t node = 0;
  for (const char byte : pattern) {
    const auto [found, added] =
        edges_.try_emplace(edge(node, byte), static_cast<uint32_t>(token_of_node_.size()));
    if (added) token_of_node_.push_back(-1);
    node = found->second;
  }
  if (token_of_node_[node] >= 0) return false;
  token_of_node_[node] = static_cast<int32_t>(tokens_.size());
  tokens_.push_back(token);
  const auto first = static_cast<uint8_t>(pattern.front());
  begins_token_[first] = true;
  only_first_byte_ = only_first_byte_ == -1 || only_first_byte_ == first ? first : -2;
  return true;
}

// The next byte that a token may begin with; the size of the text where there is none.
size_t AddedTokenFinder::find_first_byte(std::string_view text, size_t at) const {
  if (only_first_byte_ >= 0) {
    const void* found = std::memchr(text.data() + at, only_first_byte_, text.size() - at);
    return found == nullptr ? text.size()
                            : static_cast<size_t>(static_cast<const char*>(found) - text.data());
  }
  while (at < text.size() && !begins_token_[static_cast<uint8_t>(text[at])]) ++at;
  return at;
}

AddedTokenFinder::Match AddedTokenFinder::longest_at(std::string_view text, size_t at) const {
  Match longest;
  uint32_t node = 0;
  for (size_t i = at; i < text.size(); ++i) {
    const auto found = edges_.find(edge(node, text[i]));
    if (found == edges_.end()) break;
    node = found->second;
    if (token_of_node_[node] >= 0) longest = {i + 1, &tokens_[token_of_node_[node]]};
  }
  return longest;
}

std::vector<AddedTokenFinder::Piece> AddedTokenFinder::cut(std::string_view text, bool allow_special) const {
  std::vector<Piece> pieces;
  size_t done = 0;
  for (size_t at = 0; !empty() && at < text.size();) {
    at = find_first_byte(text, at);
    if (at == text.size()) break;
    const Match match = longest_at(text, at);
    if (match.token == nullptr) {
      ++at;
      continue;
    }
    const AddedToken& token = *match.token;
    size_t begin = at, end = match.end;
    at = match.end;
    if (token.special && !allow_special) continue;
    if (token.single_word && touches_word(text, begin, end)) continue;
    if (token.lstrip) begin = done < begin ? skip_space_back(text, begin, done) : done;
    if (token.rstrip) end = skip_space(text, end);
    if (begin > done) pieces.push_back({text.substr(done, begin - done)});
    // The search goes on behind the match, not behind the space that it took: a token may be found in that space, and then
    // nothing of it, or all of it once more, is left. So does the reference.
    if (begin < end) pieces.push_back({text.substr(begin, end - begin), token.id});
    done = end;
  }
  if (done < text.size()) pieces.push_back({text.substr(done)});
  return pieces;
}

}  // namespace evergreen
