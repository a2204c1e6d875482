// Options that eval, generate and chat share.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/engine/model_args.hpp"

namespace evergreen::cli {

// --model, --threads and how the engine runs.
void add_model_options(CLI::App& command, ModelArgs& args);
// --temperature, --top-k ...
void add_sampling_options(CLI::App& command, SamplingArgs& args);

}  // namespace evergreen::cli
