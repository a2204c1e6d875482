// The commands that need LibTorch live in libevergreen_engine.so, loaded when one of them runs: the program
// itself starts in milliseconds and is a few megabytes.
#pragma once

#include "cli/engine/engine_api.hpp"

namespace evergreen::cli {

// Loads the library beside the program (../lib), once. Its LibTorch is that of the folder in the environment's
// EVERGREEN_TORCH_DIR, else the one built with, in ../lib/evergreen/torch once installed. Error{usage} where this build has
// none, Error{io} where LibTorch is missing or another one.
const EngineApi& engine();

}  // namespace evergreen::cli
