#include "evergreen/text/byte_level.hpp"
#include "evergreen/text/tokenizer_components.hpp"

namespace evergreen {
namespace {

void read_vocabulary(TokenizerFile& file, Tokenizer::Data& data, const std::string& where) {
  Bpe& bpe = data.bpe;
  bpe.byte_ids.fill(-1);
  data.written = std::move(file.tokens);
  std::vector<bool> used;
  for (int32_t number = 0; number < data.written.size(); ++number) {
    const std::string_view token = data.written.at(number);
    const int64_t id = file.ids[number];
    if (id < 0 || id > kMaxTokenId) {
      throw Error(ErrorKind::input, fmt::format("the id of token '{}' is out of range", token), where);
    }
    if (used.size() <= static_cast<size_t>(id)) used.resize(id + 1);
    if (used[id]) throw Error(ErrorKind::input, fmt::format("two tokens have the id {}", id), where);
    used[id] = true;
    data.written_ids.push_back(static_cast<int32_t>(id));
    const std::optional<std::string> bytes = from_byte_level(token);
    if (!bytes || bytes->empty()) continue;
    bpe.tokens.add(*bytes);
    bpe.token_ids.push_back(static_cast<int32_t>(id));
    if (bytes->size() == 1) bpe.byte_ids[static_cast<uint8_t>(bytes->front())] = static_cast<int32_t>(id);
  }
}

int32_t merge_part(std::string_view written, const Tokenizer::Data& data, const std::string& where) {
  const int32_t number = data.written.find(written);
  if (number < 0) {
    throw Error(ErrorKind::input, fmt::format("'{}' occurs in a merge but not in the vocabulary", written),
                where);
  }
  return data.written_ids[number];
}

void read_merges(const TokenizerFile& file, Tokenizer::Data& data, const std::string& where) {
  MergeTable& table = data.bpe.merges;
  table.reserve(file.merges.size());
  int32_t rank = 0;
  std::string joined;
  for (const auto& [first, second] : file.merges) {
    std::string_view left = first, right = second;
    if (second.empty()) {  // the older form: "a b"
      if (left.starts_with("#version")) continue;
      const size_t space = left.find(' ');
      if (space == std::string_view::npos || left.find(' ', space + 1) != std::string_view::npos) {
        throw Error(ErrorKind::input,
                    fmt::format("the merge '{}' is not two tokens with a space between", first), where);
      }
      right = left.substr(space + 1);
      left = left.substr(0, space);
    }
    const int32_t left_id = merge_part(left, data, where), right_id = merge_part(right, data, where);
    joined.assign(left).append(right);
    table.set(left_id, right_id, {rank++, merge_part(joined, data, where)});
  }
}

}  // namespace

void read_model(TokenizerFile& file, Tokenizer::Data& data, const std::string& where) {
  const Json& model = member(file.root, "model", where);
  const std::string type = json_get_or<std::string>(model, "type", "BPE", where);
  if (type != "BPE") unsupported("the model type '" + type + "'", where);
  if (is_set(model, "dropout") && model["dropout"] != 0) unsupported("BPE dropout", where);
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!json_get_or<std::string>(model, affix, "", where).empty())
      unsupported(std::string("a ") + affix, where);
  }
  if (json_get_or(model, "byte_fallback", false, where)) unsupported("byte_fallback", where);
  data.bpe.ignore_merges = json_get_or(model, "ignore_merges", false, where);
  data.bpe.fuse_unknown = json_get_or(model, "fuse_unk", false, where);
  if (!member(model, "vocab", where).is_object()) throw_json_member("vocab", where, "is not an object");
  list_member(model, "merges", where);
  read_vocabulary(file, data, where);
  read_merges(file, data, where);
  const auto unknown = json_get_or<std::string>(model, "unk_token", "", where);
  if (!unknown.empty()) {
    const int32_t number = data.written.find(unknown);
    if (number < 0)
      throw Error(ErrorKind::input, "unk_token '" + unknown + "' is not in the vocabulary", where);
    data.bpe.unknown_id = data.written_ids[number];
  }
  data.bpe.find_whole_tokens();
}

}  // namespace evergreen
