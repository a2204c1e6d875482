// The commands that need LibTorch live in libevergreen_engine.so, loaded when one of them runs: the program
// itself starts in milliseconds and is a few megabytes.
#pragma once

#include "cli/engine/engine_api.hpp"

namespace evergreen::cli {

// Loads the library beside the program (../lib), once. Error{usage} where this build has none.
const EngineApi& engine();

}  // namespace evergreen::cli
