#include <algorithm>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "cli/engine/model_place.hpp"
#include "cli/engine/ranks.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/eval/compare.hpp"
#include "evergreen/eval/engine_model.hpp"
#include "evergreen/eval/ranks_model.hpp"
#include "evergreen/eval/tasks.hpp"
#include "evergreen/parallel/process_groups.hpp"

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

TextModel load_model(const fs::path& directory, const EvalArgs& args, const ModelPlace& place) {
  TextModel model = load_text_model(directory, place);
  if (!model.chat_template && !args.chat_template.empty())
    model.chat_template = load_chat_template(args.chat_template);
  return model;
}

// Several models go by the names of their directories, or by their paths where two have the same name.
void name_models(std::vector<Evaluation>& evaluations, const std::vector<fs::path>& models) {
  if (models.size() < 2) return;
  const auto name_of = [](const fs::path& model) {
    return (model.has_filename() ? model : model.parent_path()).filename().string();
  };
  for (size_t i = 0; i < models.size(); ++i) {
    const std::string name = name_of(models[i]);
    const auto same =
        std::count_if(models.begin(), models.end(), [&](const fs::path& m) { return name_of(m) == name; });
    evaluations[i].model = same > 1 ? models[i].string() : name;
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

Evaluation evaluate_model(TextModel model, const Tasks& tasks, const EvalArgs& args, ProcessGroups* groups,
                          Console& console) {
  EngineOptions engine = args.model.engine;
  const std::string name = model.name, weights = choose_weights(args.model, model, engine, console);
  EngineModel own(std::move(model), {engine, args.system_prompt});
  const RunOptions options{args.limit, !args.samples.empty()};
  const ModelHooks hooks{console.progress(), &console.stop};
  Evaluation evaluation;
  if (groups == nullptr) {
    evaluation = evaluate(own, tasks, options, hooks);
  } else {
    int asked = 0;
    RanksModel all(own, {groups->rank(), groups->size(), [&](const std::string& mine) {
                           return groups->gather(fmt::format("{}/{}", name, asked++), mine);
                         }});
    evaluation = evaluate(all, tasks, options, hooks);
  }
  evaluation.weights = weights;
  return evaluation;
}

void evaluate_all(const EvalArgs& args, ProcessGroups* groups, Console& console) {
  use_threads(threads_of(args.model.threads, groups));
  const ModelPlace place = place_of(args.model, groups);
  const Tasks tasks = make_tasks(args.tasks, task_options(args));
  std::vector<Evaluation> evaluations;
  for (const fs::path& directory : args.models) {
    if (args.models.size() > 1) console.note(fmt::format("model {}", directory.string()));
    evaluations.push_back(evaluate_model(load_model(directory, args, place), tasks, args, groups, console));
  }
  if (groups != nullptr && groups->rank() != 0) return;
  name_models(evaluations, args.models);
  const std::string date = fmt::format("{:%Y-%m-%dT%H-%M-%S}", fmt::gmtime(std::time(nullptr)));
  for (const Evaluation& e : evaluations) {
    if (!args.samples.empty())
      write_samples(e, evaluations.size() > 1 ? args.samples / file_part(e.model) : args.samples, date);
  }
  const std::vector<Comparisons> comparisons = compare_all(evaluations);
  if (!args.out.empty()) replace_file(args.out, all_json(evaluations, comparisons));
  console.result(all_text(evaluations, comparisons), all_json(evaluations, comparisons));
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
  constexpr double kDay =
      86400;  // ranks share out the requests, and wait for the slowest as long as it lives
  const std::unique_ptr<ProcessGroups> groups =
      join_run(ProcessGroupsOptions{.timeout_seconds = kDay}, console);
  work_as_rank(groups.get(), [&](ProcessGroups* run) { evaluate_all(args, run, console); });
}

}  // namespace evergreen::cli
