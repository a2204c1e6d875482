#include "evergreen/text/bpe_trainer.hpp"

#include <algorithm>
#include <set>

#include "evergreen/base/json.hpp"
#include "evergreen/text/bpe_merger.hpp"
#include "evergreen/text/byte_level.hpp"
#include "evergreen/text/normal_form.hpp"
#include "evergreen/text/pre_tokenizer.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {

const char* const kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

namespace {

void check_options(const BpeTrainOptions& options) {
  const auto& specials = options.special_tokens;
  const std::set<std::string> different(specials.begin(), specials.end());
  if (different.size() != specials.size() || different.contains("")) {
    throw Error(ErrorKind::input, "the special tokens of a vocabulary must be different and not empty");
  }
  if (!options.begin_token.empty() && !different.contains(options.begin_token)) {
    throw Error(ErrorKind::input,
                "begin_token '" + options.begin_token + "' is not one of the special tokens");
  }
  const size_t least = specials.size() + 256;
  if (options.vocab_size < 0 || static_cast<size_t>(options.vocab_size) < least) {
    throw Error(ErrorKind::input,
                fmt::format("a vocabulary of {} tokens has no room for 256 bytes and {} special "
                            "tokens: it takes at least {}",
                            options.vocab_size, specials.size(), least));
  }
}

std::unordered_map<std::string, int64_t> count_words(const DocumentSource& documents,
                                                     const BpeTrainOptions& options) {
  std::vector<PreTokenizerStep> steps;
  steps.push_back(
      SplitStep::from_regex(options.pattern, SplitBehavior::isolated, false, "pattern of a vocabulary"));
  const PreTokenizer pre_tokenizer(std::move(steps));
  std::unordered_map<std::string, int64_t> counts;
  documents([&](std::string_view document) {
    std::string text;
    append_replacing_ill_formed(text, document);
    std::string normalized;
    if (options.nfc) append_normal_form(NormalForm::nfc, text, normalized);
    pre_tokenizer.split(options.nfc ? normalized : text,
                        [&](std::string_view word) { ++counts[std::string(word)]; });
  });
  return counts;
}

BpeVocabulary start_vocabulary(const BpeTrainOptions& options) {
  BpeVocabulary vocabulary;
  for (const std::string& token : options.special_tokens) vocabulary.add(token);
  std::vector<char32_t> alphabet;
  for (int byte = 0; byte < 256; ++byte)
    alphabet.push_back(byte_level_char(static_cast<unsigned char>(byte)));
  std::sort(alphabet.begin(), alphabet.end());
  for (const char32_t character : alphabet) {
    std::string written;
    append_utf8(written, character);
    vocabulary.add(written);
  }
  return vocabulary;
}

// Words in a fixed order: what a hash table gives is no order to depend on.
std::vector<CountedWord> to_symbols(const std::unordered_map<std::string, int64_t>& counts,
                                    const BpeVocabulary& vocabulary) {
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<CountedWord> words;
  for (const auto& [word, count] : sorted) {
    CountedWord symbols{{}, count};
    for (const char byte : word)
      symbols.symbols.push_back(vocabulary.ids.at(to_byte_level(std::string(1, byte))));
    words.push_back(std::move(symbols));
  }
  return words;
}

OrderedJson byte_level_component(bool trim_offsets) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", trim_offsets},
          {"use_regex", false}};
}

OrderedJson post_processor(const BpeTrainOptions& options, const BpeVocabulary& vocabulary) {
  if (options.begin_token.empty()) return byte_level_component(false);
  const std::string& token = options.begin_token;
  const OrderedJson special = {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
  const auto sequence = [](const char* id, int type) {
    return OrderedJson{{"Sequence", {{"id", id}, {"type_id", type}}}};
  };
  const OrderedJson special_second = {{"SpecialToken", {{"id", token}, {"type_id", 1}}}};
  OrderedJson processor = {{"type", "TemplateProcessing"}};
  processor["single"] = OrderedJson::array({special, sequence("A", 0)});
  processor["pair"] = OrderedJson::array({special, sequence("A", 0), special_second, sequence("B", 1)});
  processor["special_tokens"][token] = {{"id", token},
                                        {"ids", OrderedJson::array({vocabulary.ids.at(token)})},
                                        {"tokens", OrderedJson::array({token})}};
  return processor;
}

OrderedJson pre_tokenizer_json(const BpeTrainOptions& options) {
  const OrderedJson split = {{"type", "Split"},
                             {"pattern", {{"Regex", options.pattern}}},
                             {"behavior", "Isolated"},
                             {"invert", false}};
  return {{"type", "Sequence"}, {"pretokenizers", OrderedJson::array({split, byte_level_component(true)})}};
}

OrderedJson model_json(const BpeTrainOptions& options, const BpeVocabulary& vocabulary,
                       const std::vector<BpeMerge>& merges) {
  OrderedJson model = {{"type", "BPE"},
                       {"dropout", nullptr},
                       {"unk_token", nullptr},
                       {"continuing_subword_prefix", nullptr},
                       {"end_of_word_suffix", nullptr},
                       {"fuse_unk", false},
                       {"byte_fallback", false},
                       {"ignore_merges", options.ignore_merges}};
  // Pairs into the vector itself: an ordered object looks through all its names at every insertion.
  OrderedJson::object_t vocab;
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    static_cast<std::vector<std::pair<const std::string, OrderedJson>>&>(vocab).emplace_back(
        vocabulary.tokens[id], id);
  }
  model["vocab"] = std::move(vocab);
  model["merges"] = OrderedJson::array();
  for (const BpeMerge& merge : merges) {
    model["merges"].push_back({vocabulary.tokens[merge.left], vocabulary.tokens[merge.right]});
  }
  return model;
}

}  // namespace

std::string train_bpe(const DocumentSource& documents, const BpeTrainOptions& options) {
  check_options(options);
  BpeVocabulary vocabulary = start_vocabulary(options);
  std::vector<CountedWord> words = to_symbols(count_words(documents, options), vocabulary);
  const std::vector<BpeMerge> merges =
      learn_merges(std::move(words), vocabulary, options.vocab_size, options.min_frequency);

  OrderedJson root = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}};
  root["added_tokens"] = OrderedJson::array();
  for (size_t id = 0; id < options.special_tokens.size(); ++id) {
    root["added_tokens"].push_back({{"id", id},
                                    {"content", options.special_tokens[id]},
                                    {"single_word", false},
                                    {"lstrip", false},
                                    {"rstrip", false},
                                    {"normalized", false},
                                    {"special", true}});
  }
  root["normalizer"] = options.nfc ? OrderedJson{{"type", "NFC"}} : OrderedJson(nullptr);
  root["pre_tokenizer"] = pre_tokenizer_json(options);
  root["post_processor"] = post_processor(options, vocabulary);
  root["decoder"] = byte_level_component(true);
  root["model"] = model_json(options, vocabulary, merges);
  return to_text(root);
}

std::string train_bpe(const std::vector<std::string>& documents, const BpeTrainOptions& options) {
  return train_bpe([&](const auto& take) { std::for_each(documents.begin(), documents.end(), take); },
                   options);
}

std::string make_tokenizer_config_json(const TokenizerConfigOptions& options) {
  OrderedJson config = OrderedJson::object();
  config["tokenizer_class"] = "PreTrainedTokenizerFast";
  config["clean_up_tokenization_spaces"] = false;
  if (!options.bos_token.empty()) config["bos_token"] = options.bos_token;
  if (!options.eos_token.empty()) config["eos_token"] = options.eos_token;
  if (!options.pad_token.empty()) config["pad_token"] = options.pad_token;
  if (options.model_max_length > 0) config["model_max_length"] = options.model_max_length;
  if (!options.chat_template.empty()) config["chat_template"] = options.chat_template;
  return to_text(config);
}

}  // namespace evergreen
