// What an update is asked to do: plain values, free of LibTorch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/checkpoint/dtype.hpp"
#include "evergreen/data/corpus_recipe.hpp"
#include "evergreen/residual/row_alignment.hpp"
#include "evergreen/train/train_options.hpp"

namespace evergreen {

// The search for the residual's scale (scale_search.hpp).
struct ScaleSearch {
  std::vector<double> grid = {0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5};
  std::vector<std::string> tasks;  // to measure on; none of their items may be among UpdateOptions::tasks
};

struct UpdateOptions {
  fs::path base, instruct, out;
  CorpusRecipe recipe;         // the new text
  CorpusInputs replay;         // older text, mixed in against forgetting; none: empty
  double replay_share = 0.05;  // of the rows
  std::optional<fs::path> start_from;
  std::optional<fs::path> old_text;  // held-out text of before, to see what is forgotten
  double scale = 1.0;
  std::optional<ScaleSearch> scale_search;        // chooses `scale`
  AddedTokens added_tokens = AddedTokens::error;  // of the instruct model, which the base lacks
  double held_out = 0.02;
  int64_t max_tokens = 0;
  std::vector<std::string> tasks;  // "qa:FILE", as `evergreen eval --tasks`
  fs::path data;                   // folder of the data sets of tasks that are given by name
  std::optional<int64_t> shots;    // examples before each item; none: as each task says
  std::vector<std::string>
      requirements;  // of the updated model's scores (requirement.hpp); the model is written all the same
  std::optional<fs::path> prompts;  // the report shows the answers to them (prompt_file.hpp)
  bool layer_maps =
      true;  // the report shows where R and the shift of CPT lie: all weights are read once more
  std::optional<Dtype> dtype;  // of the updated model; none: the base's
  TrainOptions train;          // packing.seed is the seed of all that is random here
  int threads = 0;
};

}  // namespace evergreen
