#include "evergreen/eval/tasks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {

const std::vector<TaskKind>& task_kinds() {
  static const std::vector<TaskKind> kinds = {
      {"perplexity", "held-out text: .txt, or .jsonl with 'text'", perplexity_task},
      {"qa", "questions: .jsonl with 'question' and 'answer' or 'answers'", qa_task},
      {"choice", "multiple choice: .jsonl with 'context', 'choices' and 'gold'", choice_task},
      {"instructions", "instructions with checks: .jsonl with 'prompt' and 'checks'", instructions_task},
      {"ifeval", "IFEval's prompts: input_data.jsonl", ifeval_task},
  };
  return kinds;
}

std::unique_ptr<Task> make_task(const std::string& spec, const TaskOptions& options) {
  const std::string kind = spec.substr(0, spec.find(':'));
  std::vector<std::string> names;
  for (const TaskKind& known : task_kinds()) {
    names.push_back(known.name);
    if (known.name != kind) continue;
    if (kind.size() + 1 >= spec.size()) {
      throw Error(ErrorKind::usage, fmt::format("the task '{}' needs a file", kind), {},
                  fmt::format("{}:FILE, {}", kind, known.help));
    }
    const fs::path file = spec.substr(kind.size() + 1);
    return known.make(kind + ":" + file.stem().string(), file, options);
  }
  throw Error(ErrorKind::usage, fmt::format("there is no task '{}'", kind), {}, suggest_name(kind, names));
}

Tasks make_tasks(const std::vector<std::string>& specs, const TaskOptions& options) {
  Tasks tasks;
  for (const std::string& spec : specs) tasks.push_back(make_task(spec, options));
  return tasks;
}

}  // namespace evergreen
