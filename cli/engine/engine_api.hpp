// What the engine library offers the program: one function for each command that needs LibTorch. The structs
// of arguments are plain, so that declaring options needs no LibTorch.
#pragma once

#include "cli/console.hpp"

namespace evergreen::cli {

inline constexpr const char* kEngineEntry = "evergreen_engine";

struct EngineApi {};

}  // namespace evergreen::cli
