// What the engine library offers the program: one function for each command that needs LibTorch. The structs of arguments
// are plain, so that declaring options needs no LibTorch.
#pragma once

#include "cli/console.hpp"
#include "cli/engine/demo_args.hpp"
#include "cli/engine/model_args.hpp"
#include "cli/engine/study_args.hpp"
#include "cli/engine/train_args.hpp"
#include "cli/engine/update_args.hpp"

namespace evergreen::cli {

inline constexpr const char* kEngineEntry = "evergreen_engine";

struct EngineApi {
  void (*train)(const TrainArgs& args, Console& console);
  void (*update)(const UpdateArgs& args, Console& console);
  void (*demo)(const DemoArgs& args, Console& console);
  void (*eval)(const EvalArgs& args, Console& console);
  void (*generate)(const GenerateArgs& args, Console& console);
  void (*chat)(const ChatArgs& args, Console& console);
  void (*study)(const StudyArgs& args, Console& console);  // the steps alone; the report needs no LibTorch
};

}  // namespace evergreen::cli
