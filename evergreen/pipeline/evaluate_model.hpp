// Scores of one model directory: perplexity of held-out text, and tasks; and answers to be read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/eval/language_model.hpp"
#include "evergreen/generate/text_model.hpp"

namespace evergreen {

inline constexpr const char* kNewText = "perplexity:new";
inline constexpr const char* kOldText = "perplexity:old";

struct EvaluateRequest {
  fs::path held_out;                 // texts of before training, as jsonl; kNewText
  std::optional<fs::path> old_text;  // kOldText
  std::string old_text_field = "text";
  std::vector<std::string> tasks;     // as in make_tasks()
  fs::path data = {};                 // their folder
  std::optional<int64_t> shots = {};  // of those that take examples
  bool chat = false;                  // ask the tasks' questions by the chat template
  // Answers to be read: to these prompts; without any to the first items of the tasks; and where none is answered in
  // words, how the beginnings of held-out texts go on.
  size_t samples = 0;
  std::vector<Prompt> prompts = {};
  ModelPlace place = {};  // what it is computed on
};

// {"scores": {"model": name, "results": {...}, ...} in lm-evaluation-harness' shape,
//  "items": as item_scores.hpp, "samples": [{"question", "wanted", "answer"}], "tokens": read and written}
std::string evaluate_model(const fs::path& directory, const std::string& name, const EvaluateRequest& request,
                           const StopFlag* stop, const ProgressFn& progress);

}  // namespace evergreen
