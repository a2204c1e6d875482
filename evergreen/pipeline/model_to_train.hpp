// The model of a training run before and after it, for one process or several. Where a mode shards weights they are never whole in memory:
// each rank reads what it owns from the checkpoint, and the result is written from the saved state.
#pragma once

#include <c10/core/Device.h>

#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/model_directory.hpp"

namespace evergreen {

// In the type that is trained. Error{input} where weights are missing or of another shape.
Decoder decoder_to_train(const fs::path& model, const TrainOptions& options, const ProcessGroups* groups,
                         at::Device device);

// What continue_pretraining() is to know of the other processes.
RankShare rank_share(const fs::path& model, const TrainOptions& options, ProcessGroups* groups);

// Where the decoder does not hold the result, `save` takes it from the run's state.
void save_from_state(SaveModelOptions& save, const TrainReport& report, const TrainOptions& options);

}  // namespace evergreen
