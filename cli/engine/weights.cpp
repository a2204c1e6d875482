#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "cli/engine/model_place.hpp"
#include "evergreen/generate/int8_loss.hpp"

namespace evergreen::cli {

std::string choose_weights(const ModelArgs& args, const TextModel& model, EngineOptions& engine,
                           Console& console) {
  const Placement& placement = model.decoder->parameters().placement();
  if (!placement.first().is_cpu()) console.note(placement_text(placement));
  if (args.weights != "int8") return place_text(*model.decoder);
  auto weights = std::make_shared<const Int8Weights>(int8_weights(*model.decoder));
  const std::string loss = "int8: " + int8_loss_text(int8_loss(model, *weights));
  engine.int8 = std::move(weights);
  console.note(loss);
  return loss;
}

}  // namespace evergreen::cli
