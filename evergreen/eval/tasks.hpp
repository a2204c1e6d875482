// The tasks by name, as on the command line: "kind:file".
//
//   perplexity:FILE    held-out text, any corpus (data/corpus_files.hpp)   token, word, byte perplexity
//   qa:FILE            {question, answer | answers, date}                  exact match, F1; `date` only for TaskOptions::since
//   choice:FILE        {context, choices, gold}                            acc, acc_norm
//   instructions:FILE  {prompt, checks: [{check, ...}]}                    accuracy of prompts and of checks
//   ifeval:FILE        IFEval's input_data.jsonl (ifeval/prompts.hpp)      strict and loose accuracy of prompts and instructions,
//                      greedy up to 1280 tokens, as lm-evaluation-harness 0.4.13; NLTK's sentence parameters in place of the
//                      library's where a folder punkt_tab/english lies beside FILE. The harness gives no standard
//                      error for instructions; here it is that of a ratio over prompts
//
// The middle three are objects of .jsonl (.zst, .gz) or rows of .parquet.
//
//   NAME, NAME:FILE        a built-in task (evergreen/eval/tasks) or group: its files are looked for in the data folder;
//                          or FILE is what is scored, or the folder
//   FILE.toml              a task of the user's own (definition.hpp); its files are looked for beside it
//
// Errors    Error{usage} with the nearest name for an unknown kind; Error{input} with file and line for an
//           item that is not as above.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/eval/run.hpp"
#include "evergreen/eval/task.hpp"

namespace evergreen {

struct TaskOptions {
  bool chat = false;           // prompts as conversations by the model's chat template
  int64_t max_new_tokens = 0;  // of an answer; 0: the task's own
  std::string text_field = "text";
  // Of tasks that are made of templates:
  fs::path data = {};  // folder of the data sets
  std::optional<int64_t> shots =
      {};                   // examples before each item; none: as the task says. A task that says 0 keeps it
  bool multi_turn = false;  // in a conversation: examples as turns of their own
  std::string system_prompt = {};  // in front of all
  uint32_t seed = 1234;            // of the draw of examples
  // Of tasks whose items have dates: YYYY-MM-DD; they become NAME_before and NAME_from, together the group NAME.
  std::string since = {};
};

std::unique_ptr<Task> perplexity_task(std::string name, const fs::path& file, const TaskOptions& options);
// One task, or the two of `options.since`.
Tasks qa_tasks(std::string name, const fs::path& file, const TaskOptions& options);
std::unique_ptr<Task> choice_task(std::string name, const fs::path& file, const TaskOptions& options);
std::unique_ptr<Task> instructions_task(std::string name, const fs::path& file, const TaskOptions& options);
std::unique_ptr<Task> ifeval_task(std::string name, const fs::path& file, const TaskOptions& options);

struct TaskKind {
  std::string name, help;
  Tasks (*make)(std::string name, const fs::path& file, const TaskOptions& options);
};
const std::vector<TaskKind>& task_kinds();

// All names, with what they are, one a line.
std::string task_list();

// "qa:news.jsonl" gives the task "qa:news". Error{usage} for a group.
std::unique_ptr<Task> make_task(const std::string& spec, const TaskOptions& options = {});
// A group gives all its tasks.
Tasks make_tasks(const std::vector<std::string>& specs, const TaskOptions& options = {});

}  // namespace evergreen
