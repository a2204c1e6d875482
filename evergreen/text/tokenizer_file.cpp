#include "evergreen/text/tokenizer_file.hpp"

#include <algorithm>
#include <set>

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
    if (bpe_.written.add(token) == ByteStrings::kNone)
      fail(fmt::format("the name '{}' occurs twice in one JSON object", token));
    if (id < 0 || id > kMaxTokenId) fail(fmt::format("the id of token '{}' is out of range", token));
    if (used_.size() <= static_cast<size_t>(id)) used_.resize(std::max<size_t>(2 * used_.size(), id + 1));
    if (used_[id]) fail(fmt::format("two tokens have the id {}", id));
    used_[id] = true;
    bpe_.written_ids.push_back(static_cast<int32_t>(id));
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
    if (right.size() < bpe_.continuing_prefix.size())
      fail(fmt::format("the merge of '{}' and '{}' has no room for the prefix '{}'", left, right,
                       bpe_.continuing_prefix));
    joined_.assign(left).append(right.substr(bpe_.continuing_prefix.size()));
    const int32_t left_id = id_of(left), right_id = id_of(right);
    bpe_.merges.add(left_id, right_id, id_of(joined_));
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const { throw Error(ErrorKind::input, problem, where_); }
  [[noreturn]] void wrong_merge() const {
    fail(fmt::format("merge {} is neither 'a b' nor ['a', 'b']", bpe_.merges.size() + 1));
  }
  int32_t id_of(std::string_view token) const {
    const int32_t id = bpe_.id_of(token);
    if (id < 0) fail(fmt::format("'{}' occurs in a merge but not in the vocabulary", token));
    return id;
  }

  Bpe& bpe_;
  const std::string& where_;
  std::vector<bool> used_;
  std::string joined_;
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
    document.rewind();
    ondemand::array merges = document["model"]["merges"].get_array();
    bpe.merges.reserve(2 * static_cast<size_t>(bpe.written.size()));
    for (auto merge : merges) reader.add_merge(merge.value());
  } catch (const simdjson::simdjson_error& error) {
    fail(std::string("this is not valid JSON: ") + error.what());
  }
}

}  // namespace evergreen
