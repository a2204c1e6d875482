// Text for a model to train on: a corpus, chats, or the built-in world's, as token stores.
//
//   out/data/train/, held_out/   token stores
//   out/data/held_out.jsonl      of raw text: what was held out
//   out/text.jsonl               of the world: what was made
#pragma once

#include "evergreen/study/runner.hpp"

namespace evergreen::study {

StepOutcome prepare_step(const StepWork& work);

}  // namespace evergreen::study
