#include "evergreen/demo/world_vocabulary.hpp"

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/data/documents.hpp"
#include "evergreen/text/bpe_trainer.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {
namespace {

int64_t id_of(const Tokenizer& tokenizer, const char* token) {
  const std::optional<int32_t> id = tokenizer.token_to_id(token);
  if (!id) throw Error(ErrorKind::internal, std::string("the vocabulary lacks ") + token);
  return *id;
}

std::string train_vocabulary(const fs::path& corpus, const PairRecipe& recipe) {
  BpeTrainOptions options;
  options.vocab_size = static_cast<int32_t>(recipe.vocab_size);
  options.special_tokens = {kBosToken, kEndOfTextToken, kTurnStartToken, kTurnEndToken};
  options.begin_token = kBosToken;
  return train_bpe(
      [&](const std::function<void(std::string_view)>& take) {
        for_each_document({corpus}, {}, [&](std::string_view text, const CorpusPosition&) {
          take(text);
          return true;
        });
      },
      options);
}

ModelConfig with_tokenizer(ModelConfig config, const fs::path& directory) {
  const Tokenizer tokenizer = load_tokenizer(directory);
  config.vocab_size = tokenizer.vocab_size();
  config.bos_token_id = id_of(tokenizer, kBosToken);
  config.pad_token_id = id_of(tokenizer, kEndOfTextToken);
  config.eos_token_ids = {id_of(tokenizer, kEndOfTextToken)};
  return config;
}

}  // namespace

VocabularyDirectories write_vocabulary(const fs::path& corpus, const PairRecipe& recipe,
                                       const fs::path& directory) {
  const VocabularyDirectories out{directory / "base", directory / "instruct"};
  if (fs::exists(out.instruct / "generation_config.json")) return out;  // the last file of the two
  const std::string tokenizer = train_vocabulary(corpus, recipe);
  for (const fs::path& one : {out.base, out.instruct}) {
    fs::create_directories(one);
    replace_file(one / "tokenizer.json", tokenizer);
    const char* end = one == out.base ? kEndOfTextToken : kTurnEndToken;
    TokenizerConfigOptions config;
    config.bos_token = kBosToken;
    config.eos_token = end;
    config.pad_token = kEndOfTextToken;
    config.model_max_length = recipe.config.max_position_embeddings;
    replace_file(one / "tokenizer_config.json", make_tokenizer_config_json(config));
  }
  replace_file(out.instruct / "chat_template.jinja", world_chat_template());
  const ModelConfig config = instruct_config(recipe, out);
  replace_file(out.instruct / "generation_config.json", to_text({{"bos_token_id", *config.bos_token_id},
                                                                 {"eos_token_id", config.eos_token_ids},
                                                                 {"pad_token_id", *config.pad_token_id}}));
  return out;
}

ModelConfig base_config(const PairRecipe& recipe, const VocabularyDirectories& vocabulary) {
  return with_tokenizer(recipe.config, vocabulary.base);
}

ModelConfig instruct_config(const PairRecipe& recipe, const VocabularyDirectories& vocabulary) {
  ModelConfig config = with_tokenizer(recipe.config, vocabulary.instruct);
  config.eos_token_ids.push_back(id_of(load_tokenizer(vocabulary.instruct), kTurnEndToken));
  return config;
}

}  // namespace evergreen
