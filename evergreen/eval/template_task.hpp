// A task made of a definition and its records: prompts, requests and scores as lm-evaluation-harness has them.
//
// Prompt    description, examples (text, target_delimiter, target, fewshot_delimiter), the item's text; a system prompt stands in
//           front of the description. As a conversation: one user turn, or with `multi_turn` a turn for each example and
//           its answer; a gen_prefix begins the assistant's turn.
// Choices   each is a continuation behind target_delimiter (nothing in a conversation), or, where doc_to_text gives an
//           index ("partial evaluation", Winogrande), the end of a prompt that the target continues.
// Scores    acc: the largest log-likelihood, the first of equals; acc_norm per character, acc_bytes per byte of the choice.
// Source    lm-evaluation-harness 0.4.13, lm_eval/api/task.py (ConfigurableTask).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/eval/definition.hpp"
#include "evergreen/eval/task.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {

// One task for each of the definition's subtasks, or one. Files are looked for in `folder`; where `scored_file` is
// given it is the split that is scored.
Tasks make_template_tasks(const TaskDefinition& definition, const fs::path& folder,
                          const fs::path& scored_file, const TaskOptions& options);

}  // namespace evergreen
