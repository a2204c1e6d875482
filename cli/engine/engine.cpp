#include "cli/engine/engine_api.hpp"
#include "cli/engine/engine_commands.hpp"

extern "C" const evergreen::cli::EngineApi* evergreen_engine() {
  static const evergreen::cli::EngineApi api = {
      .train = evergreen::cli::run_train,
      .update = evergreen::cli::run_update,
      .demo = evergreen::cli::run_demo,
      .eval = evergreen::cli::run_eval,
      .generate = evergreen::cli::run_generate,
      .chat = evergreen::cli::run_chat,
      .study = evergreen::cli::run_study,
  };
  return &api;
}
