#pragma once

#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/data/corpus_recipe.hpp"
#include "evergreen/train/train_options.hpp"

namespace evergreen::cli {

struct TrainArgs {
  bool chat = false;  // sft: the corpus holds conversations, the loss counts the assistant's tokens only
  fs::path model, out;
  CorpusRecipe recipe;
  std::vector<std::string> tokens;  // prepared directories in place of a corpus: "DIR:WEIGHT"
  std::string dtype;                // of the saved model; empty: as the model's
  double held_out = 0.02;
  std::string device = "cpu";
  int threads = 0;
  TrainOptions options;
};

}  // namespace evergreen::cli
