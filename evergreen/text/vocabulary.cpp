#include "evergreen/text/vocabulary.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"

namespace evergreen {
namespace {

namespace dom = simdjson::dom;
using Tokens = std::vector<std::string>;

constexpr uint64_t kMostTokens = 1 << 24;

class VocabularyReader {
 public:
  explicit VocabularyReader(const fs::path& path) : path_(path) {}

  Tokens read() {
    const std::string text = read_text(path_);
    dom::parser parser;
    dom::element file;
    if (const auto error = parser.parse(text).get(file))
      fail(fmt::format("this is not JSON: {}", simdjson::error_message(error)));
    dom::element vocab;
    if (file["model"]["vocab"].get(vocab) != simdjson::SUCCESS) fail("it has no model with a 'vocab'");
    put_model_tokens(vocab);
    dom::array added;
    if (file["added_tokens"].get(added) == simdjson::SUCCESS) put_added_tokens(added);
    return std::move(tokens_);
  }

 private:
  // An object token -> id, or (Unigram) a list of [token, score] in order of ids.
  void put_model_tokens(const dom::element& vocab) {
    dom::array list;
    dom::object ids;
    if (vocab.get(list) == simdjson::SUCCESS) {
      for (const dom::element entry : list) {
        std::string_view token;
        if (entry.at(0).get(token) != simdjson::SUCCESS) fail("'vocab' is not a list of pairs");
        tokens_.emplace_back(token);
      }
    } else if (vocab.get(ids) == simdjson::SUCCESS) {
      for (const auto [token, id] : ids) put(id, token, "'vocab'");
    } else {
      fail("'vocab' is neither an object nor a list");
    }
  }

  void put_added_tokens(const dom::array& added) {
    for (const dom::element entry : added) {
      std::string_view token;
      dom::element id;
      if (entry["content"].get(token) != simdjson::SUCCESS || entry["id"].get(id) != simdjson::SUCCESS)
        fail("an entry of 'added_tokens' has no 'id' or no 'content'");
      put(id, token, "'added_tokens'");
    }
  }

  void put(const dom::element& number, std::string_view token, const char* of) {
    uint64_t id = 0;
    if (number.get(id) != simdjson::SUCCESS) fail(fmt::format("{} has an id that is not a whole number", of));
    if (id >= kMostTokens) fail(fmt::format("{} has an id out of range: {}", of, id));
    if (id >= tokens_.size()) tokens_.resize(id + 1);
    tokens_[id] = token;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorKind::input, problem, path_.string(), "use the tokenizer.json of the model's release");
  }

  fs::path path_;
  Tokens tokens_;
};

}  // namespace

std::optional<std::vector<std::string>> read_vocabulary(const std::filesystem::path& directory) {
  const fs::path path = directory / "tokenizer.json";
  std::error_code failed;
  if (!fs::exists(path, failed)) return std::nullopt;
  return VocabularyReader(path).read();
}

}  // namespace evergreen
