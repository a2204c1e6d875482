#include <algorithm>

#include "evergreen/base/file.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/text/byte_level.hpp"
#include "evergreen/text/normalizer.hpp"
#include "evergreen/text/tokenizer_data.hpp"

namespace evergreen {
namespace {

constexpr int32_t kMaxId = (1 << 24) - 1;  // a wrong file must not make us take gigabytes
constexpr const char* kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

[[noreturn]] void unsupported(const std::string& component, const std::string& where) {
  throw Error(ErrorKind::input, component + " is not supported", where,
              "evergreen reads byte-level BPE tokenizers such as those of Llama 3, Qwen 2 and GPT-2");
}

std::string type_of(const Json& component, const std::string& where) {
  return json_get<std::string>(component, "type", where);
}

bool is_set(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found != object.end() && !found->is_null();
}

const Json& member(const Json& object, const std::string& name, const std::string& where) {
  if (!object.is_object() || !is_set(object, name)) throw_json_member(name, where, "is missing");
  return object.at(name);
}

const Json& list_member(const Json& object, const std::string& name, const std::string& where) {
  const Json& list = member(object, name, where);
  if (!list.is_array()) throw_json_member(name, where, "is not a list");
  return list;
}

// The members of a component of type Sequence, or the component itself.
std::vector<const Json*> flatten(const Json& component, const std::string& members,
                                 const std::string& where) {
  if (type_of(component, where) != "Sequence") return {&component};
  std::vector<const Json*> all;
  for (const Json& inner : list_member(component, members, where)) {
    const std::vector<const Json*> parts = flatten(inner, members, where);
    all.insert(all.end(), parts.begin(), parts.end());
  }
  return all;
}

SplitBehavior split_behavior(const std::string& name, const std::string& where) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  unsupported("the split behaviour '" + name + "'", where);
}

class Loader {
 public:
  Loader(const Json& root, std::string where)
      : root_(root), where_(std::move(where)), data_(std::make_shared<Tokenizer::Data>()) {}

  std::shared_ptr<Tokenizer::Data> run() {
    if (!root_.is_object())
      throw Error(ErrorKind::input, "this is not the JSON object of a tokenizer", where_);
    // `truncation` and `padding` are not read: the caller decides about lengths, as in transformers.
    read_model();
    read_normalizer();
    read_pre_tokenizer();
    read_added_tokens();
    read_post_processor();
    read_decoder();
    fill_tables_by_id();
    return data_;
  }

 private:
  void read_model();
  void read_vocabulary(const Json& vocab);
  void read_merges(const Json& merges);
  int32_t merge_part(std::string_view written) const;
  void read_normalizer();
  void read_pre_tokenizer();
  void read_split(const Json& step);
  void read_byte_level(const Json& step);
  void read_added_tokens();
  void add_token(const Json& json);
  void read_post_processor();
  void read_template(const Json& processor);
  void read_decoder() const;
  void fill_tables_by_id();

  void add_written(std::string_view token, int32_t id) {
    data_->written.add(token);
    data_->written_ids.push_back(id);
  }

  const Json& root_;
  const std::string where_;
  std::shared_ptr<Tokenizer::Data> data_;
  std::vector<SplitStep> steps_;
  bool byte_level_ = false;
};

void Loader::read_model() {
  const Json& model = member(root_, "model", where_);
  const std::string type = json_get_or<std::string>(model, "type", "BPE", where_);
  if (type != "BPE") unsupported("the model type '" + type + "'", where_);
  if (is_set(model, "dropout") && model["dropout"] != 0) unsupported("BPE dropout", where_);
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!json_get_or<std::string>(model, affix, "", where_).empty())
      unsupported(std::string("a ") + affix, where_);
  }
  if (json_get_or(model, "byte_fallback", false, where_)) unsupported("byte_fallback", where_);
  data_->bpe.ignore_merges = json_get_or(model, "ignore_merges", false, where_);
  data_->bpe.fuse_unknown = json_get_or(model, "fuse_unk", false, where_);
  read_vocabulary(member(model, "vocab", where_));
  read_merges(list_member(model, "merges", where_));
  const auto unknown = json_get_or<std::string>(model, "unk_token", "", where_);
  if (!unknown.empty()) {
    const int32_t number = data_->written.find(unknown);
    if (number < 0)
      throw Error(ErrorKind::input, "unk_token '" + unknown + "' is not in the vocabulary", where_);
    data_->bpe.unknown_id = data_->written_ids[number];
  }
  data_->bpe.find_whole_tokens();
}

void Loader::read_vocabulary(const Json& vocab) {
  if (!vocab.is_object()) throw_json_member("vocab", where_, "is not an object");
  Bpe& bpe = data_->bpe;
  bpe.byte_ids.fill(-1);
  std::vector<bool> used;
  for (const auto& [token, value] : vocab.items()) {
    const auto id = json_get<int32_t>(vocab, token, where_);
    if (id < 0 || id > kMaxId) {
      throw Error(ErrorKind::input, fmt::format("the id {} of token '{}' is out of range", id, token),
                  where_);
    }
    if (used.size() <= static_cast<size_t>(id)) used.resize(id + 1);
    if (used[id]) throw Error(ErrorKind::input, fmt::format("two tokens have the id {}", id), where_);
    used[id] = true;
    add_written(token, id);
    const std::optional<std::string> bytes = from_byte_level(token);
    if (!bytes || bytes->empty()) continue;
    bpe.tokens.add(*bytes);
    bpe.token_ids.push_back(id);
    if (bytes->size() == 1) bpe.byte_ids[static_cast<uint8_t>(bytes->front())] = id;
  }
}

int32_t Loader::merge_part(std::string_view written) const {
  const int32_t number = data_->written.find(written);
  if (number < 0) {
    throw Error(ErrorKind::input, fmt::format("'{}' occurs in a merge but not in the vocabulary", written),
                where_);
  }
  return data_->written_ids[number];
}

void Loader::read_merges(const Json& merges) {
  MergeTable& table = data_->bpe.merges;
  table.reserve(merges.size());
  int32_t rank = 0;
  for (const Json& merge : merges) {
    std::string left, right;
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      left = merge[0].get<std::string>();
      right = merge[1].get<std::string>();
    } else if (merge.is_string()) {
      const auto& text = merge.get_ref<const std::string&>();
      if (text.starts_with("#version")) continue;
      const size_t space = text.find(' ');
      if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
        throw Error(ErrorKind::input,
                    fmt::format("the merge '{}' is not two tokens with a space between", text), where_);
      }
      left = text.substr(0, space);
      right = text.substr(space + 1);
    } else {
      throw Error(ErrorKind::input, fmt::format("merge {} is neither 'a b' nor ['a', 'b']", rank), where_);
    }
    const int32_t left_id = merge_part(left), right_id = merge_part(right);
    table.set(left_id, right_id, {rank++, merge_part(left + right)});
  }
}

void Loader::read_normalizer() {
  if (!is_set(root_, "normalizer")) return;
  for (const Json* step : flatten(root_["normalizer"], "normalizers", where_)) {
    const std::string type = type_of(*step, where_);
    if (type != "NFC") unsupported("the normalizer '" + type + "'", where_);
    data_->nfc = true;
  }
}

void Loader::read_pre_tokenizer() {
  if (is_set(root_, "pre_tokenizer")) {
    for (const Json* step : flatten(root_["pre_tokenizer"], "pretokenizers", where_)) {
      const std::string type = type_of(*step, where_);
      if (byte_level_) unsupported("the pre_tokenizer '" + type + "' after ByteLevel", where_);
      if (type == "Split") {
        read_split(*step);
      } else if (type == "Digits") {
        const bool each = json_get_or(*step, "individual_digits", false, where_);
        steps_.push_back(
            {Pattern(R"(\p{N})", where_), each ? SplitBehavior::isolated : SplitBehavior::contiguous});
      } else if (type == "ByteLevel") {
        read_byte_level(*step);
      } else {
        unsupported("the pre_tokenizer '" + type + "'", where_);
      }
    }
  }
  if (!byte_level_) unsupported("a pre_tokenizer without ByteLevel", where_);
  data_->pre_tokenizer = PreTokenizer(std::move(steps_));
}

void Loader::read_split(const Json& step) {
  const Json& pattern = member(step, "pattern", where_);
  const bool regex = pattern.is_object() && pattern.contains("Regex");
  const auto text = json_get<std::string>(pattern, regex ? "Regex" : "String", where_);
  steps_.push_back({Pattern(regex ? text : quote_pattern(text), where_),
                    split_behavior(json_get<std::string>(step, "behavior", where_), where_),
                    json_get_or(step, "invert", false, where_)});
}

void Loader::read_byte_level(const Json& step) {
  byte_level_ = true;
  SplitStep split;
  split.add_prefix_space = json_get_or(step, "add_prefix_space", true, where_);
  if (json_get_or(step, "use_regex", true, where_)) split.pattern = Pattern(kGpt2Pattern, where_);
  if (split.add_prefix_space || split.pattern) steps_.push_back(std::move(split));
}

void Loader::read_added_tokens() {
  if (!is_set(root_, "added_tokens")) return;
  for (const Json& json : list_member(root_, "added_tokens", where_)) add_token(json);
  std::sort(data_->added.begin(), data_->added.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
}

void Loader::add_token(const Json& json) {
  AddedToken token;
  token.content = json_get<std::string>(json, "content", where_);
  token.id = json_get<int32_t>(json, "id", where_);
  token.special = json_get_or(json, "special", false, where_);
  token.normalized = json_get_or(json, "normalized", !token.special, where_);
  token.single_word = json_get_or(json, "single_word", false, where_);
  token.lstrip = json_get_or(json, "lstrip", false, where_);
  token.rstrip = json_get_or(json, "rstrip", false, where_);
  if (token.content.empty()) throw Error(ErrorKind::input, "an added token is empty", where_);
  // `tokenizers` does not trust the ids of the file: a token is the vocabulary's, or gets the next free
  // number.
  int32_t expected = data_->written.size();
  if (const int32_t number = data_->written.find(token.content); number >= 0) {
    expected = data_->written_ids[number];
  } else {
    for (const AddedToken& other : data_->added) expected = std::max(expected, other.id + 1);
    add_written(token.content, expected);
  }
  if (token.id != expected || expected > kMaxId) {
    throw Error(ErrorKind::input,
                fmt::format("the added token '{}' has the id {}, but in this vocabulary it must be {}",
                            token.content, token.id, expected),
                where_);
  }
  const auto same = [&](const AddedToken& other) { return other.id == token.id; };
  if (std::any_of(data_->added.begin(), data_->added.end(), same)) {
    throw Error(ErrorKind::input, "the added token '" + token.content + "' occurs twice", where_);
  }
  if (token.normalized) {
    data_->after_normalizer.add(data_->nfc ? to_nfc(token.content) : token.content, token);
  } else {
    data_->before_normalizer.add(token.content, token);
  }
  data_->added.push_back(std::move(token));
}

void Loader::read_post_processor() {
  if (!is_set(root_, "post_processor")) return;
  for (const Json* processor : flatten(root_["post_processor"], "processors", where_)) {
    const std::string type = type_of(*processor, where_);
    if (type == "TemplateProcessing") {
      read_template(*processor);
    } else if (type != "ByteLevel") {  // ByteLevel moves offsets only
      unsupported("the post_processor '" + type + "'", where_);
    }
  }
}

void Loader::read_template(const Json& processor) {
  std::vector<int32_t> before, after;
  bool seen_text = false;
  for (const Json& piece : list_member(processor, "single", where_)) {
    if (piece.is_object() && piece.contains("Sequence")) {
      if (seen_text) unsupported("a TemplateProcessing that repeats the text", where_);
      seen_text = true;
      continue;
    }
    const auto name = json_get<std::string>(member(piece, "SpecialToken", where_), "id", where_);
    const Json& token = member(member(processor, "special_tokens", where_), name, where_);
    const auto ids = json_get<std::vector<int32_t>>(token, "ids", where_);
    std::vector<int32_t>& side = seen_text ? after : before;
    side.insert(side.end(), ids.begin(), ids.end());
  }
  if (!seen_text) unsupported("a TemplateProcessing without the text", where_);
  data_->prefix.insert(data_->prefix.begin(), before.begin(), before.end());
  data_->suffix.insert(data_->suffix.end(), after.begin(), after.end());
}

void Loader::read_decoder() const {
  const Json& decoder = member(root_, "decoder", where_);
  const std::vector<const Json*> steps = flatten(decoder, "decoders", where_);
  for (const Json* step : steps) {
    const std::string type = type_of(*step, where_);
    if (type != "ByteLevel") unsupported("the decoder '" + type + "'", where_);
  }
  if (steps.size() != 1) unsupported("a decoder that is not one ByteLevel", where_);
}

// What the decoder ByteLevel makes of a token: bytes, or the token as it is where it is not written in the
// alphabet.
std::string decoded_form(const std::string& written) { return from_byte_level(written).value_or(written); }

void Loader::fill_tables_by_id() {
  if (data_->written_ids.empty()) throw Error(ErrorKind::input, "the vocabulary is empty", where_);
  const int32_t highest = *std::max_element(data_->written_ids.begin(), data_->written_ids.end());
  data_->number_of_id.assign(highest + 1, -1);
  data_->bytes.resize(highest + 1);
  data_->special.assign(highest + 1, false);
  for (int32_t number = 0; number < data_->written.size(); ++number) {
    const int32_t id = data_->written_ids[number];
    const std::string token(data_->written.at(number));
    if (data_->number_of_id[id] >= 0) {
      throw Error(ErrorKind::input,
                  fmt::format("the added token '{}' has the id {} of another token", token, id), where_);
    }
    data_->number_of_id[id] = number;
    data_->bytes[id] = decoded_form(token);
  }
  for (const AddedToken& token : data_->added) {
    data_->special[token.id] = token.special;
    // `tokenizers` knows such a token by its normalised form from here on, though token_to_id takes the
    // written one.
    if (token.normalized && data_->nfc) data_->bytes[token.id] = decoded_form(to_nfc(token.content));
  }
  for (const std::vector<int32_t>* ids : {&data_->prefix, &data_->suffix}) {
    for (const int32_t id : *ids) {
      if (id < 0 || id > highest || data_->number_of_id[id] < 0) {
        throw Error(ErrorKind::input, fmt::format("the post_processor adds id {}, which no token has", id),
                    where_);
      }
    }
  }
}

// "bos_token" and its like: a string, or an object with the member "content".
std::optional<Tokenizer::Data::Named> named_token(const Json& config, const std::string& name,
                                                  const Tokenizer::Data& data, const std::string& where) {
  if (!is_set(config, name)) return std::nullopt;
  const Json& value = config[name];
  const auto token = value.is_object() ? json_get<std::string>(value, "content", where)
                                       : json_get<std::string>(config, name, where);
  const int32_t number = data.written.find(token);
  if (number < 0) {
    throw Error(ErrorKind::input,
                fmt::format("{} '{}' is not in the vocabulary of tokenizer.json", name, token), where);
  }
  return Tokenizer::Data::Named{token, data.written_ids[number]};
}

void read_config(std::string_view text, Tokenizer::Data& data, const std::string& where) {
  const Json config = parse_json(text, where);
  if (!config.is_object()) throw Error(ErrorKind::input, "this is not a JSON object", where);
  if (!data.bos) data.bos = named_token(config, "bos_token", data, where);
  if (!data.eos) data.eos = named_token(config, "eos_token", data, where);
  if (!data.pad) data.pad = named_token(config, "pad_token", data, where);
  if (is_set(config, "add_bos_token")) data.add_bos_token = json_get<bool>(config, "add_bos_token", where);
}

}  // namespace

Tokenizer Tokenizer::from_json(std::string_view tokenizer_json, std::string_view config_json,
                               const std::string& where) {
  const Json root = parse_json(tokenizer_json, where);
  const std::shared_ptr<Data> data = Loader(root, where).run();
  if (!config_json.empty()) read_config(config_json, *data, "tokenizer_config.json of " + where);
  return Tokenizer(data);
}

Tokenizer load_tokenizer(const fs::path& directory) {
  const fs::path path = directory / "tokenizer.json";
  if (!fs::exists(path)) {
    const bool sentencepiece = fs::exists(directory / "tokenizer.model");
    throw Error(ErrorKind::input, "there is no tokenizer.json in this directory", directory.string(),
                sentencepiece
                    ? "convert its tokenizer.model: AutoTokenizer.from_pretrained(directory)"
                      ".save_pretrained(directory) of transformers writes a tokenizer.json"
                    : "pass the directory of a model with its tokenizer, or copy tokenizer.json and "
                      "tokenizer_config.json there");
  }
  const Json root = read_json(path);
  const std::shared_ptr<Tokenizer::Data> data = Loader(root, path.string()).run();
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const fs::path config = directory / name;
    if (fs::exists(config)) read_config(read_text(config), *data, config.string());
  }
  return Tokenizer(data);
}

}  // namespace evergreen
