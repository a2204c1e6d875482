#include "evergreen/pipeline/model_to_train.hpp"

#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/train/train_state.hpp"

namespace evergreen {
namespace {

bool sharded(const TrainOptions& options, const ProcessGroups* groups) {
  return groups != nullptr && shards_weights(options.parallel.mode);
}

}  // namespace

Decoder decoder_to_train(const fs::path& model, const TrainOptions& options, const ProcessGroups* groups,
                         at::Device device) {
  const at::TensorOptions type = at::TensorOptions(device).dtype(trained_type(options.precision));
  if (!sharded(options, groups)) return load_decoder(model, type);
  const ModelConfig config = read_model_config(model);
  require_parameters(CheckpointReader(model), config);
  return {config, Parameters(config, type)};
}

RankShare rank_share(const fs::path& model, const TrainOptions& options, ProcessGroups* groups) {
  return {groups, sharded(options, groups) ? model : fs::path()};
}

void save_from_state(SaveModelOptions& save, const TrainReport& report, const TrainOptions& options) {
  if (report.decoder_holds_result) return;
  save.write_weights = [state = report.state, average = options.ema_decay > 0](CheckpointWriter& writer) {
    write_trained_weights(state, average, writer);
  };
}

}  // namespace evergreen
