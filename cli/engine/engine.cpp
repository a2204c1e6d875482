#include <c10/util/Exception.h>

#include "cli/engine/engine_api.hpp"
#include "cli/engine/engine_commands.hpp"
#include "evergreen/base/error.hpp"

namespace evergreen::cli {
namespace {

// The program, which sees no LibTorch, would take this for a bug.
template <auto command, class Args>
void run(const Args& args, Console& console) {
  try {
    command(args, console);
  } catch (const c10::OutOfMemoryError& error) {
    throw Error(ErrorKind::resource, error.what_without_backtrace(), "GPU",
                "allow fewer tokens at a time (--token-budget, --micro-rows), or use bfloat16 or more GPUs");
  }
}

}  // namespace
}  // namespace evergreen::cli

extern "C" const evergreen::cli::EngineApi* evergreen_engine() {
  using namespace evergreen::cli;
  static const EngineApi api = {
      .train = run<run_train, TrainArgs>,
      .update = run<run_update, UpdateArgs>,
      .demo = run<run_demo, DemoArgs>,
      .eval = run<run_eval, EvalArgs>,
      .generate = run<run_generate, GenerateArgs>,
      .chat = run<run_chat, ChatArgs>,
      .study = run<run_study, StudyArgs>,
  };
  return &api;
}
