#include <algorithm>

#include "evergreen/base/file.hpp"
#include "evergreen/text/byte_level.hpp"
#include "evergreen/text/normalizer.hpp"
#include "evergreen/text/tokenizer_components.hpp"

namespace evergreen {

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

namespace {

// What the decoder ByteLevel makes of a token: bytes, or the token as it is where it is not written in the alphabet.
std::string decoded_form(const std::string& written) { return from_byte_level(written).value_or(written); }

void fill_tables_by_id(Tokenizer::Data& data, const std::string& where) {
  if (data.written_ids.empty()) throw Error(ErrorKind::input, "the vocabulary is empty", where);
  const int32_t highest = *std::max_element(data.written_ids.begin(), data.written_ids.end());
  data.number_of_id.assign(highest + 1, -1);
  data.bytes.resize(highest + 1);
  data.special.assign(highest + 1, false);
  for (int32_t number = 0; number < data.written.size(); ++number) {
    const int32_t id = data.written_ids[number];
    const std::string token(data.written.at(number));
    if (data.number_of_id[id] >= 0) {
      throw Error(ErrorKind::input,
                  fmt::format("the added token '{}' has the id {} of another token", token, id), where);
    }
    data.number_of_id[id] = number;
    data.bytes[id] = decoded_form(token);
  }
  for (const AddedToken& token : data.added) {
    data.special[token.id] = token.special;
    // `tokenizers` knows such a token by its normalised form from here on, though token_to_id takes the written one.
    if (token.normalized && data.nfc) data.bytes[token.id] = decoded_form(to_nfc(token.content));
  }
  for (const std::vector<int32_t>* ids : {&data.prefix, &data.suffix}) {
    for (const int32_t id : *ids) {
      if (id < 0 || id > highest || data.number_of_id[id] < 0) {
        throw Error(ErrorKind::input, fmt::format("the post_processor adds id {}, which no token has", id),
                    where);
      }
    }
  }
}

std::shared_ptr<Tokenizer::Data> load(TokenizerFile file, const std::string& where) {
  if (!file.root.is_object())
    throw Error(ErrorKind::input, "this is not the JSON object of a tokenizer", where);
  auto data = std::make_shared<Tokenizer::Data>();
  // `truncation` and `padding` are not read: the caller decides about lengths, as in transformers.
  read_model(file, *data, where);
  read_normalizer(file.root, *data, where);
  read_pre_tokenizer(file.root, *data, where);
  read_added_tokens(file.root, *data, where);
  read_post_processor(file.root, *data, where);
  read_decoder(file.root, where);
  fill_tables_by_id(*data, where);
  return data;
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
  const std::shared_ptr<Data> data = load(parse_tokenizer_file(tokenizer_json, where), where);
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
  const std::shared_ptr<Tokenizer::Data> data =
      load(parse_tokenizer_file(read_text(path), path.string()), path.string());
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const fs::path config = directory / name;
    if (fs::exists(config)) read_config(read_text(config), *data, config.string());
  }
  return Tokenizer(data);
}

}  // namespace evergreen
