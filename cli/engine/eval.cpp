#include <algorithm>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/eval/compare.hpp"
#include "evergreen/eval/engine_model.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen::cli {
namespace {

void require_free(const fs::path& path) {
  if (path.empty() || !fs::exists(path)) return;
  throw Error(ErrorKind::input, "the output exists already", path.string(), "name another one, or delete it");
}

// "qa:news" is not a file name everywhere.
std::string file_part(std::string name) {
  for (char& c : name) {
    if (c == ':' || c == '/') c = '_';
  }
  return name;
}

// lm-evaluation-harness' layout: results_DATE.json and a samples_TASK_DATE.jsonl for each task.
void write_samples(const Evaluation& evaluation, const fs::path& directory, const std::string& date) {
  fs::create_directories(directory);
  for (const TaskResult& task : evaluation.tasks)
    replace_file(directory / fmt::format("samples_{}_{}.jsonl", file_part(task.task.name), date),
                 samples_jsonl(task));
  replace_file(directory / fmt::format("results_{}.json", date), results_json(evaluation));
}

TaskOptions task_options(const EvalArgs& args) {
  TaskOptions options;
  options.chat = args.chat;
  options.max_new_tokens = args.max_new_tokens;
  options.text_field = args.text_field;
  options.data = args.data;
  options.shots = args.shots;
  options.multi_turn = args.multi_turn;
  options.system_prompt = args.system_prompt;
  options.seed = args.seed;
  options.since = args.since;
  return options;
}

TextModel load_model(const fs::path& directory, const EvalArgs& args) {
  TextModel model = load_text_model(directory);
  if (!model.chat_template && !args.chat_template.empty())
    model.chat_template = load_chat_template(args.chat_template);
  return model;
}

// The names of models, told apart by their paths where they are the same.
void tell_apart(std::vector<Evaluation>& evaluations, const std::vector<fs::path>& models) {
  std::vector<std::string> names;
  for (const Evaluation& e : evaluations) names.push_back(e.model);
  for (size_t i = 0; i < names.size(); ++i) {
    if (std::count(names.begin(), names.end(), names[i]) > 1) evaluations[i].model = models[i].string();
  }
}

// The others beside the first.
std::vector<Comparisons> compare_all(const std::vector<Evaluation>& evaluations) {
  std::vector<Comparisons> all;
  for (size_t i = 1; i < evaluations.size(); ++i)
    all.push_back(compare_evaluations(evaluations[i], evaluations.front()));
  return all;
}

std::string all_json(const std::vector<Evaluation>& evaluations,
                     const std::vector<Comparisons>& comparisons) {
  if (evaluations.size() == 1) return results_json(evaluations.front());
  OrderedJson out;
  for (const Evaluation& e : evaluations) out["models"].push_back(OrderedJson::parse(results_json(e)));
  for (const Comparisons& c : comparisons)
    out["comparisons"].push_back(OrderedJson::parse(comparison_json(c)));
  return to_text(out);
}

std::string all_text(const std::vector<Evaluation>& evaluations,
                     const std::vector<Comparisons>& comparisons) {
  if (evaluations.size() == 1) return results_table(evaluations.front());
  std::string text = models_table(evaluations);
  for (const Comparisons& c : comparisons) text += "\n" + comparison_table(c);
  return text;
}

void compare(const EvalArgs& args, Console& console) {
  const Comparisons comparisons = compare_samples(args.compare.at(0), args.compare.at(1));
  if (!args.out.empty()) replace_file(args.out, comparison_json(comparisons));
  console.result(comparison_table(comparisons), comparison_json(comparisons));
}

}  // namespace

void run_eval(const EvalArgs& args, Console& console) {
  require_free(args.out);
  if (!args.compare.empty()) return compare(args, console);
  if (args.tasks == std::vector<std::string>{"list"}) {
    console.result(task_list(), to_text({{"tasks", task_list()}}));
    return;
  }
  if (args.models.empty()) throw Error(ErrorKind::usage, "no model is named", {}, "--model DIRECTORY");
  require_free(args.samples);
  use_threads(args.model.threads);
  const Tasks tasks = make_tasks(args.tasks, task_options(args));
  std::vector<Evaluation> evaluations;
  for (const fs::path& directory : args.models) {
    if (args.models.size() > 1) console.note(fmt::format("model {}", directory.string()));
    EngineModel model(load_model(directory, args), {args.model.engine, args.system_prompt});
    evaluations.push_back(
        evaluate(model, tasks, {args.limit, !args.samples.empty()}, {console.progress(), &console.stop}));
  }
  tell_apart(evaluations, args.models);
  const std::string date = fmt::format("{:%Y-%m-%dT%H-%M-%S}", fmt::gmtime(std::time(nullptr)));
  for (const Evaluation& e : evaluations) {
    if (!args.samples.empty())
      write_samples(e, evaluations.size() > 1 ? args.samples / file_part(e.model) : args.samples, date);
  }
  const std::vector<Comparisons> comparisons = compare_all(evaluations);
  if (!args.out.empty()) replace_file(args.out, all_json(evaluations, comparisons));
  console.result(all_text(evaluations, comparisons), all_json(evaluations, comparisons));
}

}  // namespace evergreen::cli
