// Scores of one model directory: perplexity of held-out text, and tasks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"

namespace evergreen {

struct EvaluateRequest {
  fs::path held_out;                 // texts of before training, as jsonl; "perplexity:new"
  std::optional<fs::path> old_text;  // "perplexity:old"
  std::string old_text_field = "text";
  std::vector<std::string> tasks;  // as in make_tasks()
  bool chat = false;               // ask the tasks' questions by the chat template
};

// {"model": name, "results": {...}, ...} in lm-evaluation-harness' shape.
std::string evaluate_model(const fs::path& directory, const std::string& name, const EvaluateRequest& request,
                           const StopFlag* stop, const ProgressFn& progress);

}  // namespace evergreen
