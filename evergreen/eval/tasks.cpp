#include "evergreen/eval/tasks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/eval/catalog.hpp"
#include "evergreen/eval/template_task.hpp"

namespace evergreen {
namespace {

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const TaskKind& kind : task_kinds()) names.push_back(kind.name);
  for (const CatalogEntry& entry : task_catalog()) names.emplace_back(entry.name);
  return names;
}

Tasks one(std::unique_ptr<Task> task) {
  Tasks tasks;
  tasks.push_back(std::move(task));
  return tasks;
}

template <std::unique_ptr<Task> (*make)(std::string, const fs::path&, const TaskOptions&)>
Tasks just_one(std::string name, const fs::path& file, const TaskOptions& options) {
  return one(make(std::move(name), file, options));
}

Tasks from_kind(const TaskKind& kind, const std::string& spec, const TaskOptions& options) {
  if (kind.name.size() + 1 >= spec.size()) {
    throw Error(ErrorKind::usage, fmt::format("the task '{}' needs a file", kind.name), {},
                fmt::format("{}:FILE, {}", kind.name, kind.help));
  }
  const fs::path file = spec.substr(kind.name.size() + 1);
  return kind.make(kind.name + ":" + file.stem().string(), file, options);
}

Tasks from_catalog(const CatalogEntry& entry, const std::string& spec, const TaskOptions& options) {
  const fs::path given = entry.name.size() + 1 < spec.size() ? spec.substr(entry.name.size() + 1) : "";
  const bool folder = fs::is_directory(given);
  if (given.empty() && options.data.empty()) {
    throw Error(ErrorKind::usage, fmt::format("where is the data of the task '{}'?", entry.name), {},
                fmt::format("--data FOLDER, or {0}:FILE for what is scored, or {0}:FOLDER", entry.name));
  }
  return make_template_tasks(built_in_definition(entry), folder ? given : options.data, folder ? "" : given,
                             options);
}

// A subtask of a group, such as mmlu_law: the group's tasks but for the others.
Tasks from_group(const std::string& name, const std::string& spec, const TaskOptions& options) {
  for (const CatalogEntry& entry : task_catalog()) {
    if (!name.starts_with(std::string(entry.name) + "_")) continue;
    const TaskDefinition definition = built_in_definition(entry);
    if (definition.subtasks.empty()) continue;
    Tasks all = from_catalog(entry, std::string(entry.name) + spec.substr(name.size()), options), chosen;
    std::vector<std::string> names;
    for (std::unique_ptr<Task>& task : all) {
      const TaskInfo& info = task->info();
      names.push_back(info.name);
      names.insert(names.end(), info.groups.begin(), info.groups.end());
      if (info.name == name || std::find(info.groups.begin(), info.groups.end(), name) != info.groups.end())
        chosen.push_back(std::move(task));
    }
    if (!chosen.empty()) return chosen;
    throw Error(ErrorKind::usage, fmt::format("there is no task '{}'", name), {}, suggest_name(name, names));
  }
  return {};
}

Tasks tasks_of(const std::string& spec, const TaskOptions& options) {
  if (spec.ends_with(".toml")) {
    const fs::path file = spec;
    return make_template_tasks(read_definition(spec), file.parent_path(), "", options);
  }
  const std::string name = spec.substr(0, spec.find(':'));
  for (const TaskKind& kind : task_kinds()) {
    if (kind.name == name) return from_kind(kind, spec, options);
  }
  if (const CatalogEntry* entry = find_catalog_entry(name)) return from_catalog(*entry, spec, options);
  if (Tasks found = from_group(name, spec, options); !found.empty()) return found;
  throw Error(ErrorKind::usage, fmt::format("there is no task '{}'", name), {},
              suggest_name(name, all_names()));
}

std::string shots_text(const TaskDefinition& d) {
  return d.num_fewshot ? fmt::format("{} shots", *d.num_fewshot) : std::string("0 shots unless asked");
}

}  // namespace

const std::vector<TaskKind>& task_kinds() {
  static const std::vector<TaskKind> kinds = {
      {"perplexity", "held-out text: .txt, .jsonl with 'text' (.zst, .gz), .parquet",
       just_one<perplexity_task>},
      {"qa", "questions: .jsonl or .parquet with 'question' and 'answer' or 'answers', and perhaps 'date'",
       qa_tasks},
      {"choice", "multiple choice: .jsonl or .parquet with 'context', 'choices' and 'gold'",
       just_one<choice_task>},
      {"instructions", "instructions with checks: .jsonl or .parquet with 'prompt' and 'checks'",
       just_one<instructions_task>},
      {"ifeval", "IFEval's prompts: input_data.jsonl", just_one<ifeval_task>},
  };
  return kinds;
}

std::string task_list() {
  std::string text;
  for (const CatalogEntry& entry : task_catalog()) {
    const TaskDefinition d = built_in_definition(entry);
    size_t subtasks = 0;
    for (const SubtaskList& list : d.subtasks) subtasks += list.values.size();
    text += fmt::format("{:<20}{}, {}{}\n", entry.name, output_type_name(d.output_type), shots_text(d),
                        subtasks > 0 ? fmt::format(", {} tasks", subtasks) : "");
  }
  for (const TaskKind& kind : task_kinds()) text += fmt::format("{:<20}{}\n", kind.name + ":FILE", kind.help);
  return text + fmt::format("{:<20}{}\n", "FILE.toml", "a task of your own (docs/formats.md)");
}

std::unique_ptr<Task> make_task(const std::string& spec, const TaskOptions& options) {
  Tasks tasks = tasks_of(spec, options);
  if (tasks.size() != 1)
    throw Error(ErrorKind::usage, fmt::format("'{}' is a group of {} tasks", spec, tasks.size()));
  return std::move(tasks.front());
}

Tasks make_tasks(const std::vector<std::string>& specs, const TaskOptions& options) {
  Tasks tasks;
  for (const std::string& spec : specs) {
    for (std::unique_ptr<Task>& task : tasks_of(spec, options)) tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace evergreen
