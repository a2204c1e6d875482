// A few questions of an evaluation with the model's answers, to be read by people; and the tokens an evaluation took.
#pragma once

#include <string>
#include <vector>

#include "evergreen/eval/run.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

struct SampleAnswer {
  std::string question, wanted, answer;  // wanted: the right answer; may be empty
};

// The first generated answer of each task, then the second of each ..., `count` in all. Needs RunOptions::keep_samples.
std::vector<SampleAnswer> first_answers(const Evaluation& evaluation, size_t count);

// Tokens that the model read and wrote: of prompts (their text; the chat template's few are left out), continuations and
// answers. Needs RunOptions::keep_samples.
double evaluated_tokens(const Evaluation& evaluation, const Tokenizer& tokenizer);

}  // namespace evergreen
