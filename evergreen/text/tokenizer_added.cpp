#include <algorithm>

#include "evergreen/text/tokenizer_components.hpp"

namespace evergreen {
namespace {

AddedToken token_of(const Json& json, const std::string& where) {
  AddedToken token;
  token.content = json_get<std::string>(json, "content", where);
  token.id = json_get<int32_t>(json, "id", where);
  token.special = json_get_or(json, "special", false, where);
  token.normalized = json_get_or(json, "normalized", !token.special, where);
  token.single_word = json_get_or(json, "single_word", false, where);
  token.lstrip = json_get_or(json, "lstrip", false, where);
  token.rstrip = json_get_or(json, "rstrip", false, where);
  if (token.content.empty()) throw Error(ErrorKind::input, "an added token is empty", where);
  return token;
}

void add_token(AddedToken token, int32_t& next_id, Tokenizer::Data& data, const std::string& where) {
  // `tokenizers` does not trust the ids of the file: a token is the vocabulary's, or gets the next free number.
  int32_t expected = data.bpe.id_of(token.content);
  if (data.added_ids.contains(token.content)) {
    throw Error(ErrorKind::input, "the added token '" + token.content + "' occurs twice", where);
  }
  if (expected < 0) expected = next_id++;
  if (token.id != expected || expected > kMaxTokenId) {
    throw Error(ErrorKind::input,
                fmt::format("the added token '{}' has the id {}, but in this vocabulary it must be {}",
                            token.content, token.id, expected),
                where);
  }
  std::string form = token.content;
  if (token.normalized) form = data.normalizer.apply(form);
  AddedTokenFinder& finder = token.normalized ? data.after_normalizer : data.before_normalizer;
  // One that is empty behind the normaliser is never found; of two that are equal there the reference takes either.
  if (!form.empty() && !finder.add(form, token)) {
    throw Error(
        ErrorKind::input,
        fmt::format("the added token '{}' is equal to another one behind the normalizer", token.content),
        where);
  }
  data.added_ids.emplace(token.content, token.id);
  data.added_forms.push_back(std::move(form));
  data.added.push_back(std::move(token));
}

}  // namespace

void read_added_tokens(const Json& root, Tokenizer::Data& data, const std::string& where) {
  if (!is_set(root, "added_tokens")) return;
  int32_t next_id = data.bpe.written.size();
  for (const Json& json : list_member(root, "added_tokens", where)) {
    add_token(token_of(json, where), next_id, data, where);
  }
}

}  // namespace evergreen
