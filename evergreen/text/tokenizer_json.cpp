#include <algorithm>
#include <set>

#include "evergreen/base/file.hpp"
#include "evergreen/text/byte_level.hpp"
#include "evergreen/text/tokenizer_components.hpp"
#include "evergreen/text/tokenizer_file.hpp"

namespace evergreen {
namespace {

void read_unknown_token(const Json& root, Bpe& bpe, const std::string& where) {
  const auto unknown = json_get_or<std::string>(root["model"], "unk_token", "", where);
  if (unknown.empty()) return;
  bpe.unknown_id = bpe.id_of(unknown);
  if (bpe.unknown_id < 0)
    throw Error(ErrorKind::input, "unk_token '" + unknown + "' is not in the vocabulary", where);
}

// Which way words are found and looked up; the general way where nothing is set.
void choose_plan(Tokenizer::Data& data) {
  const Bpe& bpe = data.bpe;
  const bool affixed = !bpe.continuing_prefix.empty() || !bpe.end_suffix.empty();
  if (!data.pre_tokenizer.ends_in_byte_level() || data.normalizer.makes_byte_level() || affixed) return;
  data.byte_encoder = std::make_unique<ByteEncoder>(bpe);
  const auto& steps = data.pre_tokenizer.steps();
  const auto& last = std::get<ByteLevelStep>(steps.back());
  if (last.add_prefix_space) return;
  const auto* split = steps.size() == 2 ? &std::get<SplitStep>(steps[0]) : nullptr;
  if (steps.size() == 1 && last.use_regex) {
    data.plan = WordPlan{KnownPattern::gpt2};
  } else if (split != nullptr && !last.use_regex && split->plain()) {
    data.plan = WordPlan{*split->plain()};
  } else if (split != nullptr && last.use_regex && split->behavior == SplitBehavior::isolated) {
    const auto* function = std::get_if<MatchFn>(&split->pattern);
    if (function != nullptr && *function == next_numeric) data.plan = WordPlan{KnownPattern::gpt2, true};
  }
}

// For tokens of ByteLevel their bytes, else what the decoder makes of one token (not the first, not the last).
void append_decoded(const Tokenizer::Data& data, std::string_view form, std::string& out) {
  if (data.is_byte_level_decoder) {
    const size_t before = out.size();
    if (append_from_byte_level(form, out)) return;
    out.resize(before);
    out += form;
    return;
  }
  DecoderRun run(data.decoder);
  out += run.push(form) + run.finish();
}

void fill_tables_by_id(Tokenizer::Data& data, const std::string& where) {
  int32_t highest = -1;
  for (const int32_t id : data.bpe.written_ids) highest = std::max(highest, id);
  for (const AddedToken& token : data.added) highest = std::max(highest, token.id);
  if (highest < 0) throw Error(ErrorKind::input, "the vocabulary is empty", where);
  const auto size = static_cast<size_t>(highest) + 1;
  data.number_of_id.assign(size, -1);
  data.added_of_id.assign(size, -1);
  data.special.assign(size, false);
  for (int32_t number = 0; number < data.bpe.written.size(); ++number)
    data.number_of_id[data.bpe.written_ids[number]] = number;
  std::set<std::string> special;
  for (size_t i = 0; i < data.added.size(); ++i) {
    const AddedToken& token = data.added[i];
    const int32_t number = data.number_of_id[token.id];
    if ((number >= 0 && data.bpe.written.at(number) != token.content) || data.added_of_id[token.id] >= 0) {
      throw Error(ErrorKind::input,
                  fmt::format("the added token '{}' has the id {} of another token", token.content, token.id),
                  where);
    }
    data.added_of_id[token.id] = static_cast<int32_t>(i);
    if (token.special) special.insert(token.content);
  }
  // The reference asks whether what the decoder sees is the content of a special token.
  for (size_t i = 0; i < data.added.size(); ++i)
    data.special[data.added[i].id] = special.contains(data.added_forms[i]);
  const bool only_byte_level =
      data.decoder.size() == 1 && std::holds_alternative<decoder::ByteLevel>(data.decoder[0]);
  data.is_byte_level_decoder = only_byte_level;
  data.pool_begins.reserve(size + 1);
  data.pool_begins.push_back(0);
  for (int32_t id = 0; id <= highest; ++id) {
    append_decoded(data, data.form_of(id), data.pool);
    data.pool_begins.push_back(static_cast<uint32_t>(data.pool.size()));
  }
}

void surround(Tokenizer::Data& data, const std::string& where) {
  for (const PostStep& step : data.post_steps) {
    const auto* around = std::get_if<SurroundStep>(&step);
    if (around == nullptr) continue;
    data.prefix.insert(data.prefix.begin(), around->before.begin(), around->before.end());
    data.suffix.insert(data.suffix.end(), around->after.begin(), around->after.end());
  }
  for (const std::vector<int32_t>* ids : {&data.prefix, &data.suffix}) {
    for (const int32_t id : *ids) {
      const bool exists = id >= 0 && static_cast<size_t>(id) < data.number_of_id.size() &&
                          (data.number_of_id[id] >= 0 || data.added_of_id[id] >= 0);
      if (!exists) {
        throw Error(ErrorKind::input, fmt::format("the post_processor adds id {}, which no token has", id),
                    where);
      }
    }
  }
}

std::shared_ptr<Tokenizer::Data> load(std::string text, const std::string& where) {
  TokenizerFile file(std::move(text), where);
  const Json& root = file.root();
  auto data = std::make_shared<Tokenizer::Data>();
  // `truncation` and `padding` are not read: the caller decides about lengths, as in transformers.
  Unsupported unsupported(where);
  read_model_options(root, data->bpe, unsupported, where);
  data->normalizer = Normalizer(read_normalizer(root, unsupported, where));
  data->pre_tokenizer = PreTokenizer(read_pre_tokenizer(root, unsupported, where));
  data->post_steps = read_post_processor(root, unsupported, where);
  data->decoder = read_decoder(root, unsupported, where);
  unsupported.throw_if_any();
  file.read_vocabulary(data->bpe);
  read_unknown_token(root, data->bpe, where);
  read_added_tokens(root, *data, where);
  fill_tables_by_id(*data, where);
  surround(*data, where);
  choose_plan(*data);
  return data;
}

// "bos_token" and its like: a string, or an object with the member "content".
std::optional<Tokenizer::Data::Named> named_token(const Json& config, const std::string& name,
                                                  const Tokenizer::Data& data, const std::string& where) {
  if (!is_set(config, name)) return std::nullopt;
  const Json& value = config[name];
  const auto token = value.is_object() ? json_get<std::string>(value, "content", where)
                                       : json_get<std::string>(config, name, where);
  const int32_t id = data.find(token);
  if (id < 0) {
    throw Error(ErrorKind::input,
                fmt::format("{} '{}' is not in the vocabulary of tokenizer.json", name, token), where);
  }
  return Tokenizer::Data::Named{token, id};
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

int32_t Tokenizer::Data::find(const std::string& token) const {
  const auto found = added_ids.find(token);
  return found != added_ids.end() ? found->second : bpe.id_of(token);
}

std::string_view Tokenizer::Data::form_of(int32_t id) const {
  if (added_of_id[id] >= 0) return added_forms[added_of_id[id]];
  return number_of_id[id] >= 0 ? bpe.written.at(number_of_id[id]) : std::string_view();
}

Tokenizer Tokenizer::from_json(std::string_view tokenizer_json, std::string_view config_json,
                               const std::string& where) {
  const std::shared_ptr<Data> data = load(std::string(tokenizer_json), where);
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
  const std::shared_ptr<Tokenizer::Data> data = load(read_text(path), path.string());
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const fs::path config = directory / name;
    if (fs::exists(config)) read_config(read_text(config), *data, config.string());
  }
  return Tokenizer(data);
}

}  // namespace evergreen
