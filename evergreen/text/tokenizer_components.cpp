#include "evergreen/text/tokenizer_components.hpp"

namespace evergreen {

void Unsupported::throw_if_any() const {
  if (sentences_.empty()) return;
  std::string all;
  for (const std::string& sentence : sentences_) all += (all.empty() ? "" : "; ") + sentence;
  throw Error(ErrorKind::input, all, where_,
              "evergreen reads BPE tokenizers such as those of Llama 3, Qwen 2 and GPT-2; docs/formats.md "
              "lists the parts");
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

PatternMember pattern_member(const Json& component, const std::string& where) {
  const Json& pattern = member(component, "pattern", where);
  const bool is_regex = pattern.is_object() && pattern.contains("Regex");
  return {is_regex, json_get<std::string>(pattern, is_regex ? "Regex" : "String", where)};
}

void read_model_options(const Json& root, Bpe& bpe, Unsupported& unsupported, const std::string& where) {
  const Json& model = member(root, "model", where);
  const std::string type = json_get_or<std::string>(model, "type", "BPE", where);
  if (type != "BPE") return unsupported.add("the model type '" + type + "'");
  if (is_set(model, "dropout") && model["dropout"] != 0) unsupported.add("BPE dropout");
  bpe.continuing_prefix = json_get_or<std::string>(model, "continuing_subword_prefix", "", where);
  bpe.end_suffix = json_get_or<std::string>(model, "end_of_word_suffix", "", where);
  bpe.byte_fallback = json_get_or(model, "byte_fallback", false, where);
  bpe.ignore_merges = json_get_or(model, "ignore_merges", false, where);
  bpe.fuse_unknown = json_get_or(model, "fuse_unk", false, where);
  if (!member(model, "vocab", where).is_object()) throw_json_member("vocab", where, "is not an object");
  list_member(model, "merges", where);
}

}  // namespace evergreen
