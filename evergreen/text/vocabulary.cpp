#include "evergreen/text/vocabulary.hpp"

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

constexpr int64_t kMostTokens = 1 << 24;

void put(std::vector<std::string>& tokens, int64_t id, const std::string& token, const std::string& where) {
  if (id < 0 || id >= kMostTokens) throw_json_member("vocab", where, "has an id out of range");
  if (static_cast<size_t>(id) >= tokens.size()) tokens.resize(static_cast<size_t>(id) + 1);
  tokens[static_cast<size_t>(id)] = token;
}

// An object token -> id, or (Unigram) a list of [token, score] in order of ids.
void put_model_tokens(std::vector<std::string>& tokens, const Json& vocab, const std::string& where) {
  if (vocab.is_array()) {
    for (const Json& entry : vocab) {
      if (!entry.is_array() || entry.empty() || !entry[0].is_string())
        throw_json_member("vocab", where, "is not a list of pairs");
      tokens.push_back(entry[0].get<std::string>());
    }
    return;
  }
  if (!vocab.is_object()) throw_json_member("vocab", where, "is neither an object nor a list");
  for (const auto& [token, id] : vocab.items()) {
    if (!id.is_number_integer()) throw_json_member("vocab", where, "has an id that is not a whole number");
    put(tokens, id.get<int64_t>(), token, where);
  }
}

}  // namespace

std::optional<std::vector<std::string>> read_vocabulary(const std::filesystem::path& directory) {
  const fs::path path = directory / "tokenizer.json";
  std::error_code failed;
  if (!fs::exists(path, failed)) return std::nullopt;
  const std::string where = path.string();
  const Json json = read_json(path);
  std::vector<std::string> tokens;
  const Json model = json_get<Json>(json, "model", where);
  put_model_tokens(tokens, json_get<Json>(model, "vocab", where), where);
  for (const Json& added : json_get_or<Json>(json, "added_tokens", Json::array(), where)) {
    put(tokens, json_get<int64_t>(added, "id", where), json_get<std::string>(added, "content", where), where);
  }
  return tokens;
}

}  // namespace evergreen
