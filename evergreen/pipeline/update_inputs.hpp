// The inputs of an update, opened and checked before anything is written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/eval/language_model.hpp"
#include "evergreen/pipeline/requirement.hpp"
#include "evergreen/pipeline/scale_search.hpp"
#include "evergreen/pipeline/update_options.hpp"

namespace evergreen {

struct UpdateInputs {
  fs::path start;  // where CPT begins: the base, or an earlier update's base
  CheckpointReader base_weights, instruct_weights, start_weights;
  ModelConfig base_config;
  std::vector<std::string> notes;               // what is special about the pair, for the user
  std::map<std::string, std::string> settings;  // of the work directory: all that the result depends on
  std::vector<std::pair<Requirement, ScoreName>> requirements;  // with the scores they are about
  std::optional<SearchTasks> search;                            // of options.scale_search
  std::vector<Prompt> prompts;                                  // of options.prompts
};

// How the replayed text is read: as the new one, whatever its dates.
CorpusRecipe replay_recipe(const UpdateOptions& options);

// The tasks and metrics that the report will have.
std::vector<KnownScores> known_scores(const UpdateOptions& options);

// Throws what update() documents. `options.train.packing.row_tokens` 0 is replaced by min(2048, the model's longest).
UpdateInputs check_update(UpdateOptions& options);

}  // namespace evergreen
