#include "evergreen/text/tokenizer_components.hpp"

namespace evergreen {
namespace {

constexpr const char* kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

SplitBehavior split_behavior(const std::string& name, const std::string& where) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  unsupported("the split behaviour '" + name + "'", where);
}

SplitStep split_step(const Json& step, const std::string& where) {
  const Json& pattern = member(step, "pattern", where);
  const bool regex = pattern.is_object() && pattern.contains("Regex");
  const auto text = json_get<std::string>(pattern, regex ? "Regex" : "String", where);
  return {Pattern(regex ? text : quote_pattern(text), where),
          split_behavior(json_get<std::string>(step, "behavior", where), where),
          json_get_or(step, "invert", false, where)};
}

SplitStep byte_level_step(const Json& step, const std::string& where) {
  SplitStep split;
  split.add_prefix_space = json_get_or(step, "add_prefix_space", true, where);
  if (json_get_or(step, "use_regex", true, where)) split.pattern = Pattern(kGpt2Pattern, where);
  return split;
}

void read_template(const Json& processor, Tokenizer::Data& data, const std::string& where) {
  std::vector<int32_t> before, after;
  bool seen_text = false;
  for (const Json& piece : list_member(processor, "single", where)) {
    if (piece.is_object() && piece.contains("Sequence")) {
      if (seen_text) unsupported("a TemplateProcessing that repeats the text", where);
      seen_text = true;
      continue;
    }
    const auto name = json_get<std::string>(member(piece, "SpecialToken", where), "id", where);
    const Json& token = member(member(processor, "special_tokens", where), name, where);
    const auto ids = json_get<std::vector<int32_t>>(token, "ids", where);
    std::vector<int32_t>& side = seen_text ? after : before;
    side.insert(side.end(), ids.begin(), ids.end());
  }
  if (!seen_text) unsupported("a TemplateProcessing without the text", where);
  data.prefix.insert(data.prefix.begin(), before.begin(), before.end());
  data.suffix.insert(data.suffix.end(), after.begin(), after.end());
}

}  // namespace

void read_normalizer(const Json& root, Tokenizer::Data& data, const std::string& where) {
  if (!is_set(root, "normalizer")) return;
  for (const Json* step : flatten(root["normalizer"], "normalizers", where)) {
    const std::string type = type_of(*step, where);
    if (type != "NFC") unsupported("the normalizer '" + type + "'", where);
    data.nfc = true;
  }
}

void read_pre_tokenizer(const Json& root, Tokenizer::Data& data, const std::string& where) {
  std::vector<SplitStep> steps;
  bool byte_level = false;
  if (is_set(root, "pre_tokenizer")) {
    for (const Json* step : flatten(root["pre_tokenizer"], "pretokenizers", where)) {
      const std::string type = type_of(*step, where);
      if (byte_level) unsupported("the pre_tokenizer '" + type + "' after ByteLevel", where);
      if (type == "Split") {
        steps.push_back(split_step(*step, where));
      } else if (type == "Digits") {
        const bool each = json_get_or(*step, "individual_digits", false, where);
        steps.push_back(
            {Pattern(R"(\p{N})", where), each ? SplitBehavior::isolated : SplitBehavior::contiguous});
      } else if (type == "ByteLevel") {
        byte_level = true;
        SplitStep split = byte_level_step(*step, where);
        if (split.add_prefix_space || split.pattern) steps.push_back(std::move(split));
      } else {
        unsupported("the pre_tokenizer '" + type + "'", where);
      }
    }
  }
  if (!byte_level) unsupported("a pre_tokenizer without ByteLevel", where);
  data.pre_tokenizer = PreTokenizer(std::move(steps));
}

void read_post_processor(const Json& root, Tokenizer::Data& data, const std::string& where) {
  if (!is_set(root, "post_processor")) return;
  for (const Json* processor : flatten(root["post_processor"], "processors", where)) {
    const std::string type = type_of(*processor, where);
    if (type == "TemplateProcessing") {
      read_template(*processor, data, where);
    } else if (type != "ByteLevel") {  // ByteLevel moves offsets only
      unsupported("the post_processor '" + type + "'", where);
    }
  }
}

void read_decoder(const Json& root, const std::string& where) {
  const Json& decoder = member(root, "decoder", where);
  const std::vector<const Json*> steps = flatten(decoder, "decoders", where);
  for (const Json* step : steps) {
    const std::string type = type_of(*step, where);
    if (type != "ByteLevel") unsupported("the decoder '" + type + "'", where);
  }
  if (steps.size() != 1) unsupported("a decoder that is not one ByteLevel", where);
}

}  // namespace evergreen
