// The inputs of an update, opened and checked before anything is written.
#pragma once

#include <map>
#include <string>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/pipeline/update_options.hpp"

namespace evergreen {

struct UpdateInputs {
  fs::path start;  // where CPT begins: the base, or an earlier update's base
  CheckpointReader base_weights, instruct_weights, start_weights;
  ModelConfig base_config;
  std::vector<std::string> notes;               // what is special about the pair, for the user
  std::map<std::string, std::string> settings;  // of the work directory: all that the result depends on
};

// How the replayed text is read: as the new one, whatever its dates.
CorpusRecipe replay_recipe(const UpdateOptions& options);

// Throws what update() documents. `options.train.packing.row_tokens` 0 is replaced by min(2048, the model's longest).
UpdateInputs check_update(UpdateOptions& options);

}  // namespace evergreen
