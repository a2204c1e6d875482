#include <algorithm>

#include "evergreen/text/normalizer.hpp"
#include "evergreen/text/tokenizer_components.hpp"

namespace evergreen {
namespace {

void add_token(const Json& json, Tokenizer::Data& data, const std::string& where) {
  AddedToken token;
  token.content = json_get<std::string>(json, "content", where);
  token.id = json_get<int32_t>(json, "id", where);
  token.special = json_get_or(json, "special", false, where);
  token.normalized = json_get_or(json, "normalized", !token.special, where);
  token.single_word = json_get_or(json, "single_word", false, where);
  token.lstrip = json_get_or(json, "lstrip", false, where);
  token.rstrip = json_get_or(json, "rstrip", false, where);
  if (token.content.empty()) throw Error(ErrorKind::input, "an added token is empty", where);
  // `tokenizers` does not trust the ids of the file: a token is the vocabulary's, or gets the next free number.
  int32_t expected = data.written.size();
  if (const int32_t number = data.written.find(token.content); number >= 0) {
    expected = data.written_ids[number];
  } else {
    for (const AddedToken& other : data.added) expected = std::max(expected, other.id + 1);
    data.written.add(token.content);
    data.written_ids.push_back(expected);
  }
  if (token.id != expected || expected > kMaxTokenId) {
    throw Error(ErrorKind::input,
                fmt::format("the added token '{}' has the id {}, but in this vocabulary it must be {}",
                            token.content, token.id, expected),
                where);
  }
  const auto same = [&](const AddedToken& other) { return other.id == token.id; };
  if (std::any_of(data.added.begin(), data.added.end(), same)) {
    throw Error(ErrorKind::input, "the added token '" + token.content + "' occurs twice", where);
  }
  if (token.normalized) {
    data.after_normalizer.add(data.nfc ? to_nfc(token.content) : token.content, token);
  } else {
    data.before_normalizer.add(token.content, token);
  }
  data.added.push_back(std::move(token));
}

}  // namespace

void read_added_tokens(const Json& root, Tokenizer::Data& data, const std::string& where) {
  if (!is_set(root, "added_tokens")) return;
  for (const Json& json : list_member(root, "added_tokens", where)) add_token(json, data, where);
  std::sort(data.added.begin(), data.added.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

}  // namespace evergreen
