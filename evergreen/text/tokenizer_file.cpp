#include "evergreen/text/tokenizer_file.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include <simdjson.h>

#include "evergreen/text/tokenizer_components.hpp"

namespace evergreen {
namespace {

namespace ondemand = simdjson::ondemand;

// The text of a value, whatever it is; the iterator is behind it then.
std::string_view raw_text(ondemand::value value) {
  switch (value.type().value()) {
    case ondemand::json_type::object:
      return ondemand::object(value.get_object()).raw_json();
    case ondemand::json_type::array:
      return ondemand::array(value.get_array()).raw_json();
    default:
      return value.raw_json_token();
  }
}

class VocabularyReader {
 public:
  VocabularyReader(Bpe& bpe, const std::string& where) : bpe_(bpe), where_(where) {}

  void add_token(std::string_view token, ondemand::value value) {
    int64_t id = 0;
    if (value.get_int64().get(id) != simdjson::SUCCESS) fail("an id in 'vocab' is not a whole number");
    tokens_[pending_tokens_] = {token, id, ByteStrings::hash_of(token)};
    bpe_.written.prefetch_slot(tokens_[pending_tokens_].hash);
    if (++pending_tokens_ == tokens_.size()) finish_tokens();
  }

  void finish_tokens() {
    for (const Token& token : std::span<const Token>(tokens_.data(), std::exchange(pending_tokens_, 0)))
      put(token);
  }

  // As two tokens, or in the older form as one text "a b".
  void add_merge(ondemand::value value) {
    std::string_view left, right;
    if (value.get_string().get(left) == simdjson::SUCCESS) {
      if (left.starts_with("#version")) return;
      const size_t space = left.find(' ');
      if (space == std::string_view::npos || left.find(' ', space + 1) != std::string_view::npos)
        fail(fmt::format("the merge '{}' is not two tokens with a space between", left));
      right = left.substr(space + 1);
      left = left.substr(0, space);
    } else {
      ondemand::array parts;
      if (value.get_array().get(parts) != simdjson::SUCCESS) wrong_merge();
      int count = 0;
      for (auto part : parts) {
        if (count == 2 || part.get_string().get(count == 0 ? left : right) != simdjson::SUCCESS)
          wrong_merge();
        ++count;
      }
      if (count != 2) wrong_merge();
    }
    batch_[pending_++] = {left, right, ByteStrings::hash_of(left), ByteStrings::hash_of(right)};
    if (pending_ == batch_.size()) finish();
  }

  // Merges are looked up in batches, so that their places in the tables, which are megabytes, are fetched side by side.
  void finish() {
    const std::span<Merge> batch(batch_.data(), std::exchange(pending_, 0));
    for (const Merge& merge : batch) {
      bpe_.written.prefetch_slot(merge.left_hash);
      bpe_.written.prefetch_slot(merge.right_hash);
    }
    for (const Merge& merge : batch) {
      bpe_.written.prefetch_bytes(merge.left_hash);
      bpe_.written.prefetch_bytes(merge.right_hash);
    }
    for (Merge& merge : batch) {
      merge.left_id = id_of(merge.left, merge.left_hash);
      merge.right_id = id_of(merge.right, merge.right_hash);
      bpe_.merges.prefetch(merge.left_id, merge.right_id);
    }
    for (const Merge& merge : batch) bpe_.merges.add(merge.left_id, merge.right_id, id_of_joined(merge));
  }

 private:
  struct Token {
    std::string_view text;
    int64_t id = 0;
    uint32_t hash = 0;
  };

  void put(const Token& token) {
    const int64_t id = token.id;
    if (bpe_.written.add(token.text, token.hash) == ByteStrings::kNone)
      fail(fmt::format("the name '{}' occurs twice in one JSON object", token.text));
    if (id < 0 || id > kMaxTokenId) fail(fmt::format("the id of token '{}' is out of range", token.text));
    if (used_.size() <= static_cast<size_t>(id)) used_.resize(std::max<size_t>(2 * used_.size(), id + 1));
    if (used_[id]) fail(fmt::format("two tokens have the id {}", id));
    used_[id] = true;
    bpe_.written_ids.push_back(static_cast<int32_t>(id));
  }

  [[noreturn]] void fail(const std::string& problem) const { throw Error(ErrorKind::input, problem, where_); }
  [[noreturn]] void wrong_merge() const {
    fail(fmt::format("merge {} is neither 'a b' nor ['a', 'b']", bpe_.merges.size() + pending_ + 1));
  }

  struct Merge {
    std::string_view left, right;
    uint32_t left_hash = 0, right_hash = 0;
    int32_t left_id = -1, right_id = -1;
  };

  int32_t number_of(std::string_view token, uint32_t hash) const {
    const int32_t number = bpe_.written.find(token, hash);
    if (number < 0) fail(fmt::format("'{}' occurs in a merge but not in the vocabulary", token));
    return number;
  }
  int32_t id_of(std::string_view token, uint32_t hash) const {
    return bpe_.written_ids[number_of(token, hash)];
  }

  int32_t id_of_joined(const Merge& merge) {
    const std::string& prefix = bpe_.continuing_prefix;
    if (merge.right.size() < prefix.size()) {
      fail(fmt::format("the merge of '{}' and '{}' has no room for the prefix '{}'", merge.left, merge.right,
                       prefix));
    }
    joined_.assign(merge.left).append(merge.right.substr(prefix.size()));
    // Rules stand in the order of what they make: mostly the same token as the one before, or the next.
    const bool same = last_joined_ < bpe_.written.size() && bpe_.written.at(last_joined_) == joined_;
    const bool next =
        !same && last_joined_ + 1 < bpe_.written.size() && bpe_.written.at(last_joined_ + 1) == joined_;
    if (!same) last_joined_ = next ? last_joined_ + 1 : number_of(joined_, ByteStrings::hash_of(joined_));
    return bpe_.written_ids[last_joined_];
  }

  Bpe& bpe_;
  const std::string& where_;
  std::vector<bool> used_;
  std::array<Token, 64> tokens_;
  size_t pending_tokens_ = 0;
  std::array<Merge, 64> batch_;
  size_t pending_ = 0;
  std::string joined_;
  int32_t last_joined_ = 0;
};

}  // namespace

struct TokenizerFile::Parser {
  ondemand::parser parser;
  ondemand::document document;
};

TokenizerFile::TokenizerFile(std::string text, const std::string& where)
    : text_(std::move(text)), where_(where), parser_(std::make_unique<Parser>()) {
  if (text_.find('\0') != std::string::npos) fail("this is not valid JSON: it holds a zero byte");
  text_.reserve(text_.size() + simdjson::SIMDJSON_PADDING);
  try {
    parser_->document = parser_->parser.iterate(text_.data(), text_.size(), text_.capacity());
    read_root();
  } catch (const simdjson::simdjson_error& error) {
    fail(std::string("this is not valid JSON: ") + error.what());
  }
}

TokenizerFile::~TokenizerFile() = default;

void TokenizerFile::fail(const std::string& problem) const { throw Error(ErrorKind::input, problem, where_); }

void TokenizerFile::read_root() {
  ondemand::document& document = parser_->document;
  if (document.type().value() != ondemand::json_type::object)
    fail("this is not the JSON object of a tokenizer");
  const auto read_members = [&](ondemand::object object, Json& into, const auto& take) {
    std::set<std::string> names;
    for (auto field : object) {
      const std::string name(std::string_view(field.unescaped_key()));
      if (!names.insert(name).second)
        fail(fmt::format("the name '{}' occurs twice in one JSON object", name));
      if (!take(name, field.value())) into[name] = parse_json(raw_text(field.value()), where_);
    }
  };
  root_ = Json::object();
  const auto big_member = [&](const std::string& name, ondemand::value value) {
    if (name != "vocab" && name != "merges") return false;
    const ondemand::json_type type = value.type();
    if (name == "vocab" ? type != ondemand::json_type::object : type != ondemand::json_type::array)
      return false;
    root_["model"][name] = name == "vocab" ? Json::object() : Json::array();
    return true;
  };
  read_members(document.get_object(), root_, [&](const std::string& name, ondemand::value value) {
    if (name != "model" || value.type().value() != ondemand::json_type::object) return false;
    root_["model"] = Json::object();
    read_members(value.get_object(), root_["model"], big_member);
    return true;
  });
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS)
    fail("this is not valid JSON: something follows it");
}

void TokenizerFile::read_vocabulary(Bpe& bpe) {
  VocabularyReader reader(bpe, where_);
  try {
    ondemand::document& document = parser_->document;
    document.rewind();
    ondemand::object vocab = document["model"]["vocab"].get_object();
    const size_t guess = text_.size() / 128;  // grown where there are more
    bpe.written.reserve(guess, 8 * guess);
    bpe.written_ids.reserve(guess);
    for (auto field : vocab) reader.add_token(field.unescaped_key(), field.value());
    reader.finish_tokens();
    document.rewind();
    ondemand::array merges = document["model"]["merges"].get_array();
    bpe.merges.reserve(2 * static_cast<size_t>(bpe.written.size()));
    for (auto merge : merges) reader.add_merge(merge.value());
    reader.finish();
  } catch (const simdjson::simdjson_error& error) {
    fail(std::string("this is not valid JSON: ") + error.what());
  }
}

}  // namespace evergreen
