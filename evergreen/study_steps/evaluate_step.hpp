// Scores of one model, item by item, in the form that evergreen/study/scores.hpp reads.
//
// The world's tasks are those of evergreen/demo/world_tasks.hpp and the perplexity of new and old text; otherwise the plan's tasks, asked by
// the chat template, with the perplexity of held-out and of old text. A model without a chat template of its own (a base) is asked in the
// instruct model's.
#pragma once

#include "evergreen/study/runner.hpp"

namespace evergreen::study {

StepOutcome evaluate_step(const StepWork& work);

}  // namespace evergreen::study
