#include "evergreen/generate/sampling.hpp"

#include "cli/engine/engine_commands.hpp"

namespace evergreen::cli {

Sampling choose_sampling(const SamplingArgs& args, Sampling model) {
  model.temperature = args.temperature.value_or(model.temperature);
  model.top_k = args.top_k.value_or(model.top_k);
  model.top_p = args.top_p.value_or(model.top_p);
  model.min_p = args.min_p.value_or(model.min_p);
  model.repetition_penalty = args.repetition_penalty.value_or(model.repetition_penalty);
  if (args.greedy) model.temperature = 0;
  model.seed = args.seed;
  check_sampling(model);
  return model;
}

}  // namespace evergreen::cli
