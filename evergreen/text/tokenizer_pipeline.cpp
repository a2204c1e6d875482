#include <algorithm>

#include "evergreen/text/tokenizer_components.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

// emplace_back: of a variant that is made first and then moved GCC 12 believes that it may not be initialised.
template <class Steps, class Step>
void put(Steps& steps, Step step) {
  steps.emplace_back(std::move(step));
}

// A string of exactly one character.
std::string one_character(const Json& component, const std::string& name, const std::string& where) {
  const auto text = json_get<std::string>(component, name, where);
  if (text.empty() || next_character(text, 0) != text.size())
    throw_json_member(name, where, "is not one character");
  return text;
}

std::optional<SplitBehavior> split_behavior(const std::string& name) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  return std::nullopt;
}

MetaspaceStep metaspace(const Json& step, const std::string& where) {
  MetaspaceStep made;
  made.replacement = one_character(step, "replacement", where);
  made.split = json_get_or(step, "split", true, where);
  const auto scheme = json_get_or<std::string>(step, "prepend_scheme", "always", where);
  if (scheme == "first") made.prepend = MetaspaceStep::Prepend::first;
  if (scheme == "never") made.prepend = MetaspaceStep::Prepend::never;
  if (scheme != "first" && scheme != "never" && scheme != "always")
    throw_json_member("prepend_scheme", where, "is none of first, never, always");
  if (!json_get_or(step, "add_prefix_space", true, where)) {  // the older name
    if (is_set(step, "prepend_scheme") && scheme != "never")
      throw_json_member("add_prefix_space", where, "contradicts prepend_scheme");
    made.prepend = MetaspaceStep::Prepend::never;
  }
  return made;
}

void add_normalizer(const Json& step, std::vector<normalizer::Step>& steps, Unsupported& unsupported,
                    const std::string& where) {
  const std::string type = type_of(step, where);
  if (type == "NFC") return put(steps, normalizer::Form{NormalForm::nfc});
  if (type == "NFD") return put(steps, normalizer::Form{NormalForm::nfd});
  if (type == "NFKC") return put(steps, normalizer::Form{NormalForm::nfkc});
  if (type == "NFKD") return put(steps, normalizer::Form{NormalForm::nfkd});
  if (type == "Lowercase") return put(steps, normalizer::Lowercase{});
  if (type == "StripAccents") return put(steps, normalizer::StripAccents{});
  if (type == "ByteLevel") return put(steps, normalizer::ByteLevel{});
  if (type == "Prepend")
    return put(steps, normalizer::Prepend{json_get<std::string>(step, "prepend", where)});
  if (type == "Strip") {
    return put(steps, normalizer::Strip{json_get<bool>(step, "strip_left", where),
                                        json_get<bool>(step, "strip_right", where)});
  }
  if (type != "Replace") return unsupported.add("the normalizer '" + type + "'");
  const PatternMember pattern = pattern_member(step, where);
  const auto content = json_get<std::string>(step, "content", where);
  unsupported.gather([&] {
    put(steps, normalizer::Replace{
                   Pattern(pattern.is_regex ? pattern.text : quote_pattern(pattern.text), where), content});
  });
}

void add_split(const Json& step, std::vector<PreTokenizerStep>& steps, Unsupported& unsupported,
               const std::string& where) {
  const PatternMember pattern = pattern_member(step, where);
  const auto name = json_get<std::string>(step, "behavior", where);
  const std::optional<SplitBehavior> behavior = split_behavior(name);
  if (!behavior) unsupported.add("the split behaviour '" + name + "'");
  const bool invert = json_get_or(step, "invert", false, where);
  unsupported.gather([&] {
    put(steps, SplitStep::from_regex(pattern.is_regex ? pattern.text : quote_pattern(pattern.text),
                                     behavior.value_or(SplitBehavior::isolated), invert, where));
  });
}

void add_pre_tokenizer(const Json& step, std::vector<PreTokenizerStep>& steps, Unsupported& unsupported,
                       const std::string& where) {
  const std::string type = type_of(step, where);
  if (type == "Split") return add_split(step, steps, unsupported, where);
  if (type == "Metaspace") return put(steps, metaspace(step, where));
  if (type == "Whitespace") return put(steps, SplitStep{next_word, SplitBehavior::removed, true});
  if (type == "WhitespaceSplit") return put(steps, SplitStep{next_white_space, SplitBehavior::removed});
  if (type == "ByteLevel") {
    return put(steps, ByteLevelStep{json_get_or(step, "add_prefix_space", true, where),
                                    json_get_or(step, "use_regex", true, where)});
  }
  if (type == "Digits") {
    const bool each = json_get_or(step, "individual_digits", false, where);
    return put(steps, SplitStep{next_numeric, each ? SplitBehavior::isolated : SplitBehavior::contiguous});
  }
  if (type == "Punctuation") {
    const auto name = json_get_or<std::string>(step, "behavior", "Isolated", where);
    const std::optional<SplitBehavior> behavior = split_behavior(name);
    if (!behavior) return unsupported.add("the split behaviour '" + name + "'");
    return put(steps, SplitStep{next_punctuation, *behavior});
  }
  unsupported.add("the pre_tokenizer '" + type + "'");
}

void add_template(const Json& processor, std::vector<PostStep>& steps, Unsupported& unsupported,
                  const std::string& where) {
  SurroundStep step;
  bool seen_text = false;
  for (const Json& piece : list_member(processor, "single", where)) {
    if (piece.is_object() && piece.contains("Sequence")) {
      if (json_get_or<std::string>(piece["Sequence"], "id", "A", where) != "A")
        return unsupported.add("a TemplateProcessing that puts a second text into 'single'");
      if (seen_text) return unsupported.add("a TemplateProcessing that repeats the text");
      seen_text = true;
      continue;
    }
    const auto name = json_get<std::string>(member(piece, "SpecialToken", where), "id", where);
    const Json& token = member(member(processor, "special_tokens", where), name, where);
    const auto ids = json_get<std::vector<int32_t>>(token, "ids", where);
    std::vector<int32_t>& side = seen_text ? step.after : step.before;
    side.insert(side.end(), ids.begin(), ids.end());
  }
  if (!seen_text) return unsupported.add("a TemplateProcessing without the text");
  steps.push_back(std::move(step));
}

// BertProcessing and RobertaProcessing: "cls" before the text, "sep" behind it, each as [token, id].
void add_cls_and_sep(const Json& processor, std::vector<PostStep>& steps, const std::string& where) {
  const auto id = [&](const char* name) {
    const Json& pair = list_member(processor, name, where);
    if (pair.size() != 2 || !pair[1].is_number_unsigned() || pair[1].get<uint64_t>() > kMaxTokenId)
      throw_json_member(name, where, "is not a token with its id");
    return pair[1].get<int32_t>();
  };
  steps.push_back(SurroundStep{{id("cls")}, {id("sep")}, false});
}

void add_decoder(const Json& step, DecoderSteps& steps, Unsupported& unsupported, const std::string& where) {
  const std::string type = type_of(step, where);
  if (type == "ByteLevel") return put(steps, decoder::ByteLevel{});
  if (type == "ByteFallback") return put(steps, decoder::ByteFallback{});
  if (type == "Fuse") return put(steps, decoder::Fuse{});
  if (type == "Metaspace") {
    const MetaspaceStep made = metaspace(step, where);
    return put(steps, decoder::Metaspace{made.replacement, made.prepend != MetaspaceStep::Prepend::never});
  }
  if (type == "Strip") {
    return put(steps,
               decoder::Strip{decode_utf8(one_character(step, "content", where), 0).code,
                              json_get<size_t>(step, "start", where), json_get<size_t>(step, "stop", where)});
  }
  if (type != "Replace") return unsupported.add("the decoder '" + type + "'");
  const PatternMember pattern = pattern_member(step, where);
  const auto content = json_get<std::string>(step, "content", where);
  unsupported.gather([&] {
    put(steps, decoder::Replace{Pattern(pattern.is_regex ? pattern.text : quote_pattern(pattern.text), where),
                                content});
  });
}

}  // namespace

std::vector<normalizer::Step> read_normalizer(const Json& root, Unsupported& unsupported,
                                              const std::string& where) {
  std::vector<normalizer::Step> steps;
  if (!is_set(root, "normalizer")) return steps;
  for (const Json* step : flatten(root["normalizer"], "normalizers", where))
    add_normalizer(*step, steps, unsupported, where);
  return steps;
}

std::vector<PreTokenizerStep> read_pre_tokenizer(const Json& root, Unsupported& unsupported,
                                                 const std::string& where) {
  std::vector<PreTokenizerStep> steps;
  if (!is_set(root, "pre_tokenizer")) return steps;
  for (const Json* step : flatten(root["pre_tokenizer"], "pretokenizers", where))
    add_pre_tokenizer(*step, steps, unsupported, where);
  return steps;
}

std::vector<PostStep> read_post_processor(const Json& root, Unsupported& unsupported,
                                          const std::string& where) {
  std::vector<PostStep> steps;
  if (!is_set(root, "post_processor")) return steps;
  for (const Json* processor : flatten(root["post_processor"], "processors", where)) {
    const std::string type = type_of(*processor, where);
    const bool trims = (type == "ByteLevel" || type == "RobertaProcessing") &&
                       json_get_or(*processor, "trim_offsets", true, where);
    if (trims) steps.push_back(TrimOffsetsStep{json_get_or(*processor, "add_prefix_space", true, where)});
    if (type == "TemplateProcessing") {
      add_template(*processor, steps, unsupported, where);
    } else if (type == "BertProcessing" || type == "RobertaProcessing") {
      add_cls_and_sep(*processor, steps, where);
    } else if (type != "ByteLevel") {
      unsupported.add("the post_processor '" + type + "'");
    }
  }
  const auto surrounds = std::count_if(steps.begin(), steps.end(), [](const PostStep& step) {
    return std::holds_alternative<SurroundStep>(step);
  });
  if (surrounds > 1) unsupported.add("a post_processor that puts tokens around the text twice");
  return steps;
}

DecoderSteps read_decoder(const Json& root, Unsupported& unsupported, const std::string& where) {
  DecoderSteps steps;
  if (!is_set(root, "decoder")) {
    put(steps, decoder::JoinWithSpaces{});
    return steps;
  }
  for (const Json* step : flatten(root["decoder"], "decoders", where))
    add_decoder(*step, steps, unsupported, where);
  return steps;
}

}  // namespace evergreen
