#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/eval/engine_model.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen::cli {
namespace {

void require_free(const fs::path& path) {
  if (path.empty() || !fs::exists(path)) return;
  throw Error(ErrorKind::input, "the output exists already", path.string(), "name another one, or delete it");
}

// "qa:news" is not a file name everywhere.
std::string file_name(std::string task) {
  for (char& c : task) {
    if (c == ':' || c == '/') c = '_';
  }
  return "samples_" + task + ".jsonl";
}

}  // namespace

void run_eval(const EvalArgs& args, Console& console) {
  require_free(args.out);
  require_free(args.samples);
  use_threads(args.model.threads);
  const Tasks tasks = make_tasks(args.tasks, {args.chat, args.max_new_tokens, args.text_field});
  EngineModel model(load_text_model(args.model.model), {args.model.engine, args.system_prompt});
  const Evaluation evaluation =
      evaluate(model, tasks, {args.limit, !args.samples.empty()}, {console.progress(), &console.stop});
  if (!args.samples.empty()) {
    fs::create_directories(args.samples);
    for (const TaskResult& task : evaluation.tasks)
      replace_file(args.samples / file_name(task.task.name), samples_jsonl(task));
  }
  if (!args.out.empty()) replace_file(args.out, results_json(evaluation));
  console.result(results_table(evaluation), results_json(evaluation));
}

}  // namespace evergreen::cli
