// Making the built-in pair from nothing: vocabulary, base model, instruct model, as two Hugging Face directories.
//
//   MODELS/NAME            the base       (tokenizer, bf16 weights, card)
//   MODELS/NAME-instruct   tuned from the base as it is stored, so that instruct - base is what tuning did
#pragma once

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/demo/pair_recipe.hpp"

namespace evergreen {

struct PairDirectories {
  fs::path base, instruct;
};
PairDirectories pair_directories(const fs::path& models, const PairRecipe& recipe);

// Resumable: state is kept in `work`; a directory that exists already is not made again.
PairDirectories make_pair(const PairRecipe& recipe, const fs::path& models, const fs::path& work,
                          const StopFlag* stop, const ProgressFn& progress);

}  // namespace evergreen
