// The vocabulary of the built-in world: byte-level BPE trained on its text before the cut-off, with the files that make a
// directory a tokenizer.
#pragma once

#include "evergreen/base/file.hpp"
#include "evergreen/demo/pair_recipe.hpp"

namespace evergreen {

struct VocabularyDirectories {
  fs::path base;  // tokenizer.json, tokenizer_config.json ending texts with <|end_of_text|>
  fs::path
      instruct;  // the same tokens, ending turns with <|im_end|>; chat_template.jinja, generation_config.json
};

// Both in `directory`; what is there already is kept.
VocabularyDirectories write_vocabulary(const fs::path& corpus, const PairRecipe& recipe,
                                       const fs::path& directory);

// The recipe's configuration with vocabulary size and token ids of that tokenizer.
ModelConfig base_config(const PairRecipe& recipe, const VocabularyDirectories& vocabulary);
ModelConfig instruct_config(const PairRecipe& recipe, const VocabularyDirectories& vocabulary);

}  // namespace evergreen
